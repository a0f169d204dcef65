//! Two servers' transfers as rows of a table.

use super::content::Size;
use super::transfer::Moved;
use crate::table::Table;

/// Throughput and processor time of two servers that moved objects of one size. A ratio of throughputs is wanted to be high, one
/// of times low.
pub(crate) fn add(
    table: &mut Table,
    name: &str,
    size: Size,
    one: &Moved,
    other: &Moved,
    aim: &str,
) {
    let (what, of): (&str, fn(&Moved) -> f64) = match size {
        Size::Small => ("requests a second", |it| {
            it.requests as f64 / it.elapsed.as_secs_f64()
        }),
        Size::Medium | Size::Large => ("MB a second", |it| {
            it.bytes as f64 / 1e6 / it.elapsed.as_secs_f64()
        }),
    };
    let (a, b) = (of(one), of(other));
    table.row([
        name.to_owned(),
        what.to_owned(),
        format!("{a:.0}"),
        format!("{b:.0}"),
        format!("{:.2}", a / b),
        aim.to_owned(),
    ]);
    let (a, b) = (cpu(one), cpu(other));
    table.row([
        String::new(),
        "CPU a request".to_owned(),
        duration(a),
        duration(b),
        format!("{:.2}", a / b),
        String::new(),
    ]);
    let busy = |it: &Moved| it.cpu.total.as_secs_f64() / it.elapsed.as_secs_f64() * 100.0;
    table.row([
        String::new(),
        "core busy".to_owned(),
        format!("{:.0} %", busy(one)),
        format!("{:.0} %", busy(other)),
        String::new(),
        String::new(),
    ]);
}

/// Seconds of processor time for each request.
fn cpu(moved: &Moved) -> f64 {
    moved.cpu.total.as_secs_f64() / moved.requests as f64
}

fn duration(seconds: f64) -> String {
    match seconds {
        it if it < 1e-3 => format!("{:.1} µs", it * 1e6),
        it if it < 1.0 => format!("{:.2} ms", it * 1e3),
        it => format!("{it:.2} s"),
    }
}
