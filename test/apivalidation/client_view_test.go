package apivalidation

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/restmapper"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func discover(t *testing.T) *discovery.DiscoveryClient {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(testenv.Start(t).Config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// columns is what `kubectl get` shows: of an object with a full status, and of one that the operator
// has not looked at. A cell with ~ differs from run to run.
type columns struct {
	kind         string
	names        []string
	wide         []string // those of names that only `-o wide` shows
	seen, unseen []any
}

var views = []columns{
	{
		kind:   bankConnection,
		names:  []string{"NAME", "READY", "REASON", "INSTITUTION", "LAST REFRESH", "NEXT REFRESH", "AGE", "USER ACTION", "LINK EXPIRY", "INSTANCE"},
		wide:   []string{"USER ACTION", "LINK EXPIRY", "INSTANCE"},
		seen:   []any{"~", "True", "Refreshed", "FlinksCapital", "~", "2099-03-02T12:00:00Z", "~", "MFARequired", "2026-03-08T11:00:00Z", "toolbox.example"},
		unseen: []any{"~", nil, nil, nil, nil, nil, "~", nil, nil, "toolbox"},
	},
	{
		kind:   refreshPolicy,
		names:  []string{"NAME", "READY", "TYPE", "CONNECTIONS", "AGE"},
		seen:   []any{"~", "True", "Scheduled", float64(7), "~"},
		unseen: []any{"~", nil, "Manual", nil, "~"},
	},
	{
		kind:   flinksInstance,
		names:  []string{"NAME", "READY", "REASON", "INSTANCE", "CONNECTIONS", "AGE"},
		seen:   []any{"~", "True", "CredentialsAccepted", "acme-ca-2", float64(7), "~"},
		unseen: []any{"~", nil, nil, "toolbox", nil, "~"},
	},
	{
		kind:   clusterFlinksInstance,
		names:  []string{"NAME", "READY", "REASON", "INSTANCE", "CONNECTIONS", "AGE"},
		seen:   []any{"~", "True", "CredentialsAccepted", "toolbox", float64(7), "~"},
		unseen: []any{"~", nil, nil, "toolbox", nil, "~"},
	},
}

func TestPrinterColumns(t *testing.T) {
	t.Parallel()
	s := start(t)
	client := discover(t)
	for _, view := range views {
		t.Run(view.kind, func(t *testing.T) {
			seen := s.seen(t, view.kind)
			unseen := must(t)(s.create(t, s.named(minimal(t, view.kind))))
			table := tableOf(t, client, seen)
			var names, wide []string
			for _, column := range table.ColumnDefinitions {
				names = append(names, strings.ToUpper(column.Name))
				if column.Priority > 0 {
					wide = append(wide, strings.ToUpper(column.Name))
				}
			}
			if diff := cmp.Diff(view.names, names); diff != "" {
				t.Errorf("columns (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(view.wide, wide); diff != "" {
				t.Errorf("columns of -o wide only (-want +got):\n%s", diff)
			}
			expectCells(t, view.seen, table)
			expectCells(t, view.unseen, tableOf(t, client, unseen))
		})
	}
}

// tableOf returns the server's answer to `kubectl get` of one object.
func tableOf(t *testing.T, client *discovery.DiscoveryClient, o *unstructured.Unstructured) metav1.Table {
	t.Helper()
	body, err := client.RESTClient().Get().
		SetHeader("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io").
		AbsPath("/apis/"+v1alpha1.GroupVersion.String()).
		NamespaceIfScoped(o.GetNamespace(), o.GetNamespace() != "").
		Resource(resources[o.GetKind()]).
		Name(o.GetName()).
		DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var table metav1.Table
	if err := json.Unmarshal(body, &table); err != nil || len(table.Rows) != 1 {
		t.Fatalf("table = %s, %v, want one with one row", body, err)
	}
	return table
}

func expectCells(t *testing.T, want []any, table metav1.Table) {
	t.Helper()
	got := slices.Clone(table.Rows[0].Cells)
	for i := range min(len(got), len(want)) {
		if want[i] == "~" && got[i] != nil && got[i] != "" {
			got[i] = "~"
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}

// TestNames are those that can be given to kubectl.
func TestNames(t *testing.T) {
	t.Parallel()
	client := discover(t)
	groups, err := restmapper.GetAPIGroupResources(client)
	if err != nil {
		t.Fatal(err)
	}
	mapper := restmapper.NewShortcutExpander(restmapper.NewDiscoveryRESTMapper(groups), client, func(warning string) {
		t.Errorf("warning: %s", warning)
	})
	for name, want := range map[string]string{
		"bankconn":               "bankconnections",
		"bankconnection":         "bankconnections",
		"bankconnections":        "bankconnections",
		"refreshpolicy":          "refreshpolicies",
		"refreshpolicies":        "refreshpolicies",
		"flinksinstance":         "flinksinstances",
		"flinksinstances":        "flinksinstances",
		"clusterflinksinstance":  "clusterflinksinstances",
		"clusterflinksinstances": "clusterflinksinstances",
	} {
		got, err := mapper.ResourceFor(schema.GroupVersionResource{Resource: name})
		if err != nil || got != v1alpha1.GroupVersion.WithResource(want) {
			t.Errorf("%s = %v, %v, want %s", name, got, err, want)
		}
	}

	category, _ := restmapper.NewDiscoveryCategoryExpander(client).Expand("flinks")
	var resources []string
	for _, r := range category {
		resources = append(resources, r.String())
	}
	slices.Sort(resources)
	want := []string{
		"bankconnections." + v1alpha1.Group, "clusterflinksinstances." + v1alpha1.Group, "flinksinstances." + v1alpha1.Group,
		"refreshpolicies." + v1alpha1.Group,
	}
	if diff := cmp.Diff(want, resources); diff != "" {
		t.Errorf("category flinks (-want +got):\n%s", diff)
	}
}

func TestFieldSelectors(t *testing.T) {
	t.Parallel()
	s := start(t)
	one := s.seen(t, bankConnection)
	other := must(t)(s.apply(t, s.named(minimal(t, bankConnection))))
	for selector, want := range map[string][]string{
		"spec.instanceRef.name=toolbox.example":                            {one.GetName()},
		"spec.instanceRef.name=toolbox":                                    {other.GetName()},
		"spec.loginIdSecretRef.name=acme-chequing-login":                   {other.GetName(), one.GetName()},
		"spec.loginIdSecretRef.name=other":                                 nil,
		"spec.instanceRef.name!=nothing":                                   {other.GetName(), one.GetName()},
		"status.institution=FlinksCapital":                                 {one.GetName()},
		"status.institution=flinkscapital":                                 nil,
		"status.institution=":                                              {other.GetName()},
		"status.binding.loginFingerprint=" + strings.Repeat("0", 32):       nil,
		"status.binding.loginFingerprint=0123456789abcdef0123456789abcdef": {one.GetName()},
		"status.binding.loginFingerprint=0123456789abcdef0123456789abcdef,spec.instanceRef.name=toolbox": nil,
	} {
		list, err := s.objects(bankConnection).List(t.Context(), metav1.ListOptions{FieldSelector: selector})
		if err != nil {
			t.Errorf("%s: %v", selector, err)
			continue
		}
		var got []string
		for i := range list.Items {
			got = append(got, list.Items[i].GetName())
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", selector, diff)
		}
	}
	_, err := s.objects(bankConnection).List(t.Context(), metav1.ListOptions{FieldSelector: "spec.suspend=true"})
	if err == nil || !strings.Contains(err.Error(), "field label not supported") {
		t.Errorf("a field that is not selectable: %v, want an error", err)
	}
}
