//! How often managed policies are used in an account.

use std::collections::HashMap;

use directory::AccountView;

/// The uses of every managed policy, counted in one pass over users, groups and roles.
#[derive(Debug, Default)]
pub(super) struct Usage<'v> {
    by_arn: HashMap<&'v str, Uses>,
}

/// The uses of one managed policy.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Uses {
    /// Users, groups and roles it is attached to.
    pub(super) attachments: i32,
    /// Users and roles whose permissions boundary it is.
    pub(super) boundaries: i32,
}

impl<'v> Usage<'v> {
    /// The uses in an account.
    pub(super) fn of(view: &'v AccountView) -> Self {
        let mut usage = Self::default();
        for (_, user) in view.users().iter() {
            usage.count(&user.attached, user.boundary.as_ref());
        }
        for (_, group) in view.groups().iter() {
            usage.count(&group.attached, None);
        }
        for (_, role) in view.roles().iter() {
            usage.count(&role.attached, role.boundary.as_ref());
        }
        usage
    }

    /// The uses of the policy with this ARN.
    pub(super) fn uses(&self, arn: &str) -> Uses {
        self.by_arn.get(arn).copied().unwrap_or_default()
    }

    /// The ARNs of the policies that are used at all.
    pub(super) fn arns(&self) -> impl Iterator<Item = &'v str> {
        self.by_arn.keys().copied()
    }

    fn count(
        &mut self,
        attached: impl IntoIterator<Item = &'v String>,
        boundary: Option<&'v String>,
    ) {
        for arn in attached {
            self.by_arn.entry(arn).or_default().attachments += 1;
        }
        if let Some(arn) = boundary {
            self.by_arn.entry(arn).or_default().boundaries += 1;
        }
    }
}
