//! A summary without quantiles, which is what upstream has: how many, and their sum.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType, Summary as Total};

/// Values of two labels.
type Labels = [String; 2];

/// Counts and sums by two labels.
#[derive(Clone)]
pub(super) struct Summary {
    description: Desc,
    totals: Arc<Mutex<BTreeMap<Labels, (u64, f64)>>>,
}

impl Summary {
    pub(super) fn new(name: &str, help: &str, labels: &[&str; 2]) -> prometheus::Result<Self> {
        let labels = labels.iter().map(|it| (*it).to_owned()).collect();
        let description = Desc::new(name.to_owned(), help.to_owned(), labels, HashMap::new())?;
        Ok(Self {
            description,
            totals: Arc::default(),
        })
    }

    pub(super) fn observe(&self, labels: [&str; 2], value: f64) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, sum) = totals.entry(labels.map(str::to_owned)).or_default();
        *count += 1;
        *sum += value;
    }
}

impl Collector for Summary {
    fn desc(&self) -> Vec<&Desc> {
        vec![&self.description]
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let metrics = totals.iter().map(|(values, (count, sum))| {
            let names = &self.description.variable_labels;
            let pairs = names.iter().zip(values).map(|(name, value)| {
                let mut pair = LabelPair::default();
                pair.set_name(name.clone());
                pair.set_value(value.clone());
                pair
            });
            let mut total = Total::default();
            total.set_sample_count(*count);
            total.set_sample_sum(*sum);
            let mut pairs: Vec<_> = pairs.collect();
            // As those of all others are.
            pairs.sort_by(|one, other| one.name().cmp(other.name()));
            let mut metric = Metric::default();
            metric.set_label(pairs);
            metric.set_summary(total);
            metric
        });
        let mut family = MetricFamily::default();
        family.set_name(self.description.fq_name.clone());
        family.set_help(self.description.help.clone());
        family.set_field_type(MetricType::SUMMARY);
        family.set_metric(metrics.collect());
        vec![family]
    }
}
