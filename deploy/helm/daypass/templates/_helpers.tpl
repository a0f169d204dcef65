{{/* Labels of every object of a component. Takes [context, the component's name]. */}}
{{- define "daypass.labels" -}}
{{- $ := index . 0 -}}
{{ include "daypass.selectorLabels" . }}
app.kubernetes.io/part-of: daypass
app.kubernetes.io/version: {{ $.Values.image.tag | default $.Chart.AppVersion | quote }}
app.kubernetes.io/instance: {{ $.Release.Name }}
app.kubernetes.io/managed-by: {{ $.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $.Chart.Name $.Chart.Version }}
{{- with $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What selectors select by; it can't be changed later. Takes [context, the component's name]. */}}
{{- define "daypass.selectorLabels" -}}
app.kubernetes.io/name: {{ index . 1 }}
{{- end }}

{{/* Labels of pods. Takes [context, the component's name, further labels]. */}}
{{- define "daypass.podLabels" -}}
{{- $ := index . 0 -}}
{{ include "daypass.selectorLabels" . }}
app.kubernetes.io/part-of: daypass
{{- with merge (dict) (index . 2) $.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "daypass.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* "true" on OpenShift. */}}
{{- define "daypass.openshift" -}}
{{- if kindIs "bool" .Values.openshift -}}
{{- if .Values.openshift }}true{{ end -}}
{{- else if .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
true
{{- end -}}
{{- end }}

{{/* Where the server answers. */}}
{{- define "daypass.endpoint" -}}
{{- if .Values.endpoint -}}
{{ .Values.endpoint }}
{{- else if .Values.server.enabled -}}
{{- with .Values.server -}}
{{- $scheme := ternary "http" "https" .tls.allowPlaintext -}}
{{- $usual := ternary 80 443 .tls.allowPlaintext -}}
{{ $scheme }}://{{ .name }}.{{ $.Release.Namespace }}.svc{{ if ne (int .service.port) $usual }}:{{ .service.port }}{{ end }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The user is the image's, 65532; OpenShift takes one of the namespace's range. */}}
{{- define "daypass.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "daypass.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* policy/v1 has it since 1.21. */}}
{{- define "daypass.podDisruptionBudget" -}}
{{- if semverCompare ">=1.21.0-0" .Capabilities.KubeVersion.Version -}}
policy/v1
{{- else -}}
policy/v1beta1
{{- end -}}
{{- end }}

{{/* What a component may do on the network beside its TCP ports. OpenShift's DNS listens on 5353. Takes a list of ports. */}}
{{- define "daypass.egress" -}}
- ports:
    - {protocol: UDP, port: 53}
    - {protocol: UDP, port: 5353}
    - {protocol: TCP, port: 53}
    - {protocol: TCP, port: 5353}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: [169.254.0.0/16]
    - ipBlock:
        cidr: ::/0
        except: ["fe80::/10", "fd00:ec2::/32"]
  ports:
    {{- range . }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
{{- end }}

{{/* Where pods run, as the values of a component say. */}}
{{- define "daypass.scheduling" -}}
nodeSelector:
  kubernetes.io/os: linux
  {{- with .nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
