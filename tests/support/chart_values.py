"""Settings that the chart is tried with: by name."""

from support.manifests import AGENT

VALUES = {
    "defaults": {},
    "everything": {
        "agent": AGENT,
        "commonLabels": {"team": "identity"},
        "imagePullSecrets": [{"name": "pull"}],
        "image": {"repository": "registry.example/daypass", "digest": f"sha256:{'a' * 64}"},
        "endpointCA": {"configMap": "daypass-ca"},
        "server": {
            "account": "012345678901", "issuer": "https://oidc.example/c1", "issuerCA": {"configMap": "kube-root-ca.crt"},
            "issuerNetworks": ["192.0.2.0/24"], "privateIssuers": False, "s3Domains": ["s3.example"],
            "quotas": {"roles": 5000000}, "log": "debug", "sealingKey": {"secretName": "daypass-key"},
            "tokenReview": {"issuer": "https://kubernetes.default.svc.cluster.local"}, "publicDiscovery": True,
            "podDisruptionBudget": {"enabled": True}, "service": {"annotations": {"a": "b"}},
            "persistence": {"storageClassName": "fast", "annotations": {"a": "b"}},
            "networkPolicy": {"from": [{"namespaceSelector": {}}]},
            "extraArgs": ["--verified-tokens=10"], "extraEnv": [{"name": "A", "value": "b"}],
            "podLabels": {"a": "b"}, "podAnnotations": {"a": "b"}, "serviceAccountAnnotations": {"a": "b"},
            "nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}],
            "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
                {"matchExpressions": [{"key": "a", "operator": "Exists"}]},
            ]}}},
            "priorityClassName": "system-cluster-critical",
        },
        "webhook": {
            "watchConfigMap": True, "stsRegionalEndpoint": True, "log": "debug",
            "tls": {"minVersion": "1.2", "cipherSuites": ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]},
            "podIdentities": [{"namespace": "ns", "serviceAccount": "sa"}],
            "networkPolicy": {"metricsFrom": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
            "namespaceSelector": [{"key": "a", "operator": "DoesNotExist"}],
            "extraArgs": ["--resync-period=30s"], "extraEnv": [{"name": "A", "value": "b"}],
            "podLabels": {"a": "b"}, "podAnnotations": {"a": "b"}, "nodeSelector": {"a": "b"},
            "tolerations": [{"key": "a", "operator": "Exists"}], "priorityClassName": "system-cluster-critical",
        },
    },
    "given certificates": {"webhook": {
        "tls": {"mode": "secret", "secretName": "webhook-tls", "caBundle": "YQ=="},
        "annotations": {"cert-manager.io/inject-ca-from": "daypass/webhook"},
    }},
    "openshift": {"openshift": True, "agent": AGENT, "webhook": {"tls": {"mode": "serviceCA"}}},
    "without budgets and network policies": {
        "server": {"networkPolicy": {"enabled": False}},
        "webhook": {"podDisruptionBudget": {"enabled": False}, "networkPolicy": {"enabled": False}},
    },
    "the webhook alone": {"server": {"enabled": False}, "endpoint": "https://daypass.example"},
    "the agent alone, without root": {
        "server": {"enabled": False}, "webhook": {"enabled": False}, "endpoint": "https://daypass.example",
        "agent": {**AGENT, "port": 8080, "assignAddresses": False, "bindHosts": ["169.254.170.23"]},
    },
    "plaintext": {"server": {
        "tls": {"allowPlaintext": True, "secretName": ""}, "service": {"port": 80}, "listenAddress": "::",
    }},
}
