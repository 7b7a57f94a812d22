{{- /* docs/spec/api.md: a section for each type, a row for each field or value. */ -}}
{{- define "gvList" -}}
{{- range . -}}
# API reference

Every field of `{{ .GroupVersionString }}`, with the text that `kubectl explain` shows. This page is generated from the comments in
`api/v1alpha1`. The pages of the kinds have an example, and list conditions, reasons, annotations and finalizers:
[BankConnection](bankconnections.md), [RefreshPolicy](refreshpolicies.md), [FlinksInstance and
ClusterFlinksInstance](flinksinstances.md).

A field that is not marked *required* is optional. A `Duration` is written like 90m or 24h, a `Time` in RFC 3339. `metadata` and
`LabelSelector` are [those of Kubernetes](https://kubernetes.io/docs/reference/kubernetes-api/).
{{- $group := . }}
{{ range .SortedKinds }}
* {{ $group.TypeForKind . | markdownRenderTypeLink }}
{{- end }}
{{ range .SortedTypes }}{{ template "type" . }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "type" -}}
{{- if markdownShouldRenderType . }}
## {{ .Name }}

{{ template "text" .Doc }}
{{- if .References }} Used by {{ range $i, $user := .SortedReferences }}{{ if $i }}, {{ end }}{{ markdownRenderTypeLink $user }}{{ end }}.
{{- end }}
{{ if .EnumValues }}
| value | meaning |
| --- | --- |
{{- range .EnumValues }}
| `{{ .Name }}` | {{ template "meaning" .Doc }} |
{{- end }}
{{ else if .Members }}
| field | type | description | bounds |
| --- | --- | --- | --- |
{{- range .Members }}{{ if ne .Name "metadata" }}
| `{{ .Name }}` | {{ regexReplaceAll `\[(\w+)\]\(https:[^)]*\)` (markdownRenderType .Type) "${1}" }}{{ if has "Required: {}" .Validation }}, *required*{{ end }} | {{ template "text" .Doc }} | {{ template "bounds" .Validation }} |
{{- end }}{{ end }}
{{ else }}
{{- range .Validation }}
{{ . | replace "Enum: [" "One of " | replace "]" "" | replace " " ", " | replace "One, of, " "One of " }}.
{{- end }}
{{ end }}
{{- end -}}
{{- end -}}

{{- /* One line of Markdown. */ -}}
{{- define "text" -}}
{{ markdownRenderFieldDoc . | replace "<br />" " " | replace "<" "&lt;" | trim }}
{{- end -}}

{{- /* The comment of a constant without "Name means that". */ -}}
{{- define "meaning" -}}
{{- $text := regexReplaceAll `^\w+ (means that |is )?` . "" -}}
{{ if $text }}{{ template "text" (printf "%s%s" (substr 0 1 $text | upper) (substr 1 -1 $text)) }}{{ end }}
{{- end -}}

{{- define "bounds" -}}
{{- $separator := "" -}}
{{- range . }}{{ if regexMatch `^(items:)?(Max|Min)` . }}{{ $separator }}{{ . }}{{ $separator = ", " }}{{ end }}{{ end -}}
{{- end -}}
