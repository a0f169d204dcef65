//! What the service's refusals mean to the agent and to the pod.

/// A refusal by EKS Auth, by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    code: String,
    message: String,
}

impl Refusal {
    /// A code, with or without the `Exception` at its end, and its message.
    #[must_use]
    pub fn new(code: &str, message: &str) -> Self {
        Self {
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }

    /// The code, as the service said it.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether it is about the agent's own request: its signature, its credentials, or what its role
    /// may do. The model's codes are used for the last two also, with texts of their own.
    #[must_use]
    pub fn is_the_agents_own(&self) -> bool {
        match self.name() {
            "AccessDenied" => self.message.starts_with("User: "),
            "ExpiredToken" | "InvalidToken" => self.message.starts_with("The security token"),
            _ => !self.is_known(),
        }
    }

    /// Whether trying again is of no use, so that credentials which are kept for the token end too:
    /// the association or the role is gone, or the token is.
    ///
    /// Ours: a node's role that lost its permission ends nobody's credentials.
    #[must_use]
    pub fn is_final(&self) -> bool {
        let is_final = matches!(
            self.name(),
            "AccessDenied" | "ExpiredToken" | "InvalidToken" | "ResourceNotFound"
        );
        is_final && !self.is_the_agents_own()
    }

    /// Whether the pod's own token is the reason, and not the service or the agent.
    #[must_use]
    pub fn blames_the_pod(&self) -> bool {
        self.is_final() || matches!(self.name(), "InvalidParameter" | "InvalidRequest")
    }

    /// Whether the service asks for a pause, or is not there.
    #[must_use]
    pub fn is_outage(&self) -> bool {
        matches!(self.name(), "Throttling" | "ServiceUnavailable")
    }

    /// Whether its code is one of EKS Auth's model.
    #[must_use]
    pub fn is_known(&self) -> bool {
        matches!(
            self.name(),
            "AccessDenied"
                | "ExpiredToken"
                | "InternalServer"
                | "InvalidParameter"
                | "InvalidRequest"
                | "InvalidToken"
                | "ResourceNotFound"
                | "ServiceUnavailable"
                | "Throttling"
        )
    }

    /// The status that the pod gets: the service's own, as EKS Auth's model has it, and 500 for what
    /// is the agent's trouble and none of the pod's.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self.name() {
            _ if self.is_the_agents_own() => 500,
            "ResourceNotFound" => 404,
            "Throttling" => 429,
            "InternalServer" => 500,
            "ServiceUnavailable" => 503,
            _ => 400,
        }
    }

    /// What the pod is told, in upstream's form. Of the agent's own trouble only the code.
    #[must_use]
    pub fn told(&self) -> String {
        let (code, message) = (&self.code, &self.message);
        if self.is_the_agents_own() {
            return format!(
                "({code}): the agent's own request was refused; its log says why, fault: server"
            );
        }
        let fault = match self.status() {
            500.. => "server",
            _ => "client",
        };
        format!("({code}): {message}, fault: {fault}")
    }

    fn name(&self) -> &str {
        self.code.strip_suffix("Exception").unwrap_or(&self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_of_the_model_has_its_status_and_its_end() {
        for (code, status, is_final, blames_the_pod) in [
            ("AccessDeniedException", 400, true, true),
            ("ExpiredTokenException", 400, true, true),
            ("InternalServerException", 500, false, false),
            ("InvalidParameterException", 400, false, true),
            ("InvalidRequestException", 400, false, true),
            ("InvalidTokenException", 400, true, true),
            ("ResourceNotFoundException", 404, true, true),
            ("ServiceUnavailableException", 503, false, false),
            ("ThrottlingException", 429, false, false),
            ("InvalidSignatureException", 500, false, false),
            ("", 500, false, false),
        ] {
            let refusal = Refusal::new(code, "why");
            let is = (
                refusal.status(),
                refusal.is_final(),
                refusal.blames_the_pod(),
            );
            assert_eq!(is, (status, is_final, blames_the_pod), "{code}");
        }
    }

    #[test]
    fn the_agents_own_credentials_and_permissions_are_told_apart_from_the_pods() {
        for (code, message) in [
            (
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            (
                "AccessDeniedException",
                "User: arn:aws:sts::123456789012:assumed-role/node/i is not authorized to perform: \
                 eks-auth:AssumeRoleForPodIdentity",
            ),
            (
                "UnrecognizedClientException",
                "The security token included in the request is invalid",
            ),
        ] {
            let own = Refusal::new(code, message);
            assert!(
                own.is_the_agents_own() && !own.is_final() && !own.blames_the_pod(),
                "{code}"
            );
            assert_eq!(own.status(), 500);
            assert!(!own.told().contains(message));
        }
        for (code, message) in [
            (
                "ExpiredTokenException",
                "The specified Kubernetes service account token is expired.",
            ),
            (
                "AccessDeniedException",
                "Unauthorized Exception! EKS does not have permissions",
            ),
        ] {
            assert!(!Refusal::new(code, message).is_the_agents_own(), "{code}");
        }
    }

    #[test]
    fn a_pod_is_told_of_its_own_mistakes_and_not_of_the_agents() {
        let own = Refusal::new("ResourceNotFoundException", "No association.");
        assert_eq!(
            own.told(),
            "(ResourceNotFoundException): No association., fault: client"
        );
        let agents = Refusal::new("UnrecognizedClientException", "ASIA… is unknown");
        assert!(!agents.told().contains("ASIA"));
    }
}
