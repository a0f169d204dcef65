//! A scenario for Cedar.

use std::collections::{HashMap, HashSet};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityUid, PolicySet, Request,
    Response, RestrictedExpression,
};

use crate::scenario::{ACTION, BUCKET, Facts, RESOURCE, Scenario};
use crate::translate::{Translation, translate};

pub(crate) struct Engine {
    authorizer: Authorizer,
    policies: PolicySet,
    entities: Entities,
}

/// What a request is made from.
pub(crate) struct Parts {
    principal: EntityUid,
    action: EntityUid,
    resource: EntityUid,
    context: Context,
}

impl Engine {
    pub(crate) fn new(scenario: &Scenario) -> Self {
        let translation = translate(scenario);
        Self {
            authorizer: Authorizer::new(),
            policies: translation.policies.parse().unwrap(),
            entities: entities(&translation),
        }
    }

    /// How many policies the scenario became.
    pub(crate) fn policies(&self) -> usize {
        self.policies.policies().count()
    }

    pub(crate) fn allows(&self, facts: &Facts) -> bool {
        let response = self.decide(&self.parts(facts).request());
        let errors: Vec<_> = response.diagnostics().errors().collect();
        assert!(errors.is_empty(), "{errors:?}");
        response.decision() == Decision::Allow
    }

    pub(crate) fn decide(&self, request: &Request) -> Response {
        self.authorizer
            .is_authorized(request, &self.policies, &self.entities)
    }

    pub(crate) fn parts(&self, facts: &Facts) -> Parts {
        let context = [
            (
                "team",
                RestrictedExpression::new_string(facts.team.to_owned()),
            ),
            ("source_ip", RestrictedExpression::new_ip(facts.address)),
            ("now", RestrictedExpression::new_datetime(facts.time)),
        ];
        Parts {
            principal: uid("Session", "AROAAPP:s1"),
            action: uid("Action", ACTION),
            resource: uid("Object", RESOURCE),
            context: Context::from_pairs(context.map(|(key, value)| (key.to_owned(), value)))
                .unwrap(),
        }
    }
}

impl Parts {
    pub(crate) fn request(&self) -> Request {
        Request::new(
            self.principal.clone(),
            self.action.clone(),
            self.resource.clone(),
            self.context.clone(),
            None,
        )
        .unwrap()
    }
}

fn entities(translation: &Translation) -> Entities {
    let actions = translation.actions.iter().map(|(action, groups)| {
        let groups = groups.iter().map(|group| uid("Action", group)).collect();
        Entity::new_no_attrs(uid("Action", action), groups)
    });
    let groups = translation.groups.iter();
    let groups = groups.map(|group| Entity::new_no_attrs(uid("Action", group), HashSet::new()));
    let bucket = Entity::new_no_attrs(uid("Bucket", BUCKET), HashSet::new());
    let object = Entity::new(
        uid("Object", RESOURCE),
        HashMap::from([(
            "arn".to_owned(),
            RestrictedExpression::new_string(RESOURCE.to_owned()),
        )]),
        HashSet::from([uid("Bucket", BUCKET)]),
    )
    .unwrap();
    let all = actions.chain(groups).chain([bucket, object]);
    Entities::from_entities(all, None).unwrap()
}

fn uid(kind: &str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.parse().unwrap(), EntityId::new(id))
}
