//! Who looks on while a request is decided.

use std::cell::RefCell;

use crate::decision::{Layer, PolicyRef, StatementRef};
use crate::explanation::{Considered, Mismatch};
use crate::request::{Request, Source};
use crate::statement::{Element, Statement};

/// Sees each statement that is asked, and what of it does not match first.
pub(crate) trait Witness<'a, 'r> {
    /// Whether it looks at all. Without a look, statements are found by their index and most are
    /// never asked.
    const SEES: bool;

    fn saw(
        &self,
        layer: Layer,
        source: Source<'a>,
        index: usize,
        statement: &'a Statement,
        mismatch: Option<Element>,
    );
}

/// Nobody looks: the compiler leaves nothing of it.
pub(crate) struct Unseen;

impl<'a, 'r> Witness<'a, 'r> for Unseen {
    const SEES: bool = false;

    fn saw(&self, _: Layer, _: Source<'a>, _: usize, _: &'a Statement, _: Option<Element>) {}
}

/// Writes down what is asked.
pub(crate) struct Notes<'a, 'r> {
    request: Request<'r>,
    considered: RefCell<Vec<Considered<'a, 'r>>>,
}

impl<'a, 'r> Notes<'a, 'r> {
    pub(crate) fn new(request: Request<'r>) -> Self {
        Self {
            request,
            considered: RefCell::default(),
        }
    }

    pub(crate) fn into_considered(self) -> Vec<Considered<'a, 'r>> {
        self.considered.into_inner()
    }
}

impl<'a, 'r> Witness<'a, 'r> for Notes<'a, 'r> {
    const SEES: bool = true;

    fn saw(
        &self,
        layer: Layer,
        source: Source<'a>,
        index: usize,
        statement: &'a Statement,
        mismatch: Option<Element>,
    ) {
        let mismatch =
            mismatch.map(|element| Mismatch::of(element, source, statement, &self.request));
        self.considered.borrow_mut().push(Considered {
            policy: PolicyRef::of(layer, source),
            statement: StatementRef::of(index, statement),
            effect: statement.effect,
            mismatch,
        });
    }
}
