package replay

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
)

// auditEvent is the part of an audit.k8s.io/v1 Event that replay reads.
type auditEvent struct {
	Verb             string           `json:"verb"`
	User             auditUser        `json:"user"`
	ImpersonatedUser *auditUser       `json:"impersonatedUser"`
	ObjectRef        auditObject      `json:"objectRef"`
	ResponseStatus   auditStatus      `json:"responseStatus"`
	Request          json.RawMessage  `json:"requestObject"`
	Response         json.RawMessage  `json:"responseObject"`
	Received         metav1.MicroTime `json:"requestReceivedTimestamp"`
}

type auditUser struct {
	Username string `json:"username"`
}

type auditObject struct {
	Resource    string `json:"resource"`
	Namespace   string `json:"namespace"`
	Name        string `json:"name"`
	APIGroup    string `json:"apiGroup"`
	Subresource string `json:"subresource"`
}

type auditStatus struct {
	Code int `json:"code"`
}

func (e *auditEvent) username() string {
	if e.ImpersonatedUser != nil {
		return e.ImpersonatedUser.Username
	}
	return e.User.Username
}

// isWrite reports whether the event changed an object of the operator's API.
func (e *auditEvent) isWrite() bool {
	return e.ObjectRef.APIGroup == v1alpha1.GroupVersion.Group && e.ResponseStatus.Code < 300 && len(e.Response) > 0 &&
		slices.Contains([]string{"create", "update", "patch", "delete"}, e.Verb)
}

// maxLine is above the longest line of an audit log, which holds an object twice.
const maxLine = 8 << 20

// statusWrite is a status of a BankConnection that the operator stored.
type statusWrite struct {
	// read is the object as the operator had read it, with its status.
	read *v1alpha1.BankConnection
	// after is the status that was stored.
	after v1alpha1.BankConnectionStatus
	// received is when the request reached the API server.
	received time.Time
	// version is the resourceVersion of the write.
	version uint64
}

// history holds every stored version of the objects of the operator's API.
type history struct {
	connections map[types.UID][]version[*v1alpha1.BankConnection]
	instances   map[string][]version[*instanceVersion]
	policies    map[types.NamespacedName][]version[*v1alpha1.RefreshPolicySpec]
	writes      []statusWrite
}

type version[T any] struct {
	number uint64
	object T
}

// instanceVersion holds what both kinds of instances have in common.
type instanceVersion struct {
	metav1.ObjectMeta `json:"metadata"`
	Spec              v1alpha1.ClusterFlinksInstanceSpec `json:"spec"`
	Status            v1alpha1.InstanceStatus            `json:"status"`
}

// wholeLines returns a bufio.SplitFunc that omits a last line without an end: the API server
// still writes it, about other objects, while the log is read.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// readHistory reads an audit log; operator is the operator's user name.
func readHistory(log io.Reader, operator string) (*history, error) {
	h := &history{
		connections: map[types.UID][]version[*v1alpha1.BankConnection]{},
		instances:   map[string][]version[*instanceVersion]{},
		policies:    map[types.NamespacedName][]version[*v1alpha1.RefreshPolicySpec]{},
	}
	var pending []auditEvent
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, maxLine)
	lines.Split(wholeLines)
	for lines.Scan() {
		var e auditEvent
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("reading a line of the audit log: %w", err)
		}
		if !e.isWrite() {
			continue
		}
		if err := h.add(&e); err != nil {
			return nil, err
		}
		if e.ObjectRef.Resource == "bankconnections" && e.ObjectRef.Subresource == "status" && e.username() == operator {
			pending = append(pending, e)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the audit log: %w", err)
	}
	h.sort()
	for i := range pending {
		if err := h.addWrite(&pending[i]); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(h.writes, func(a, b statusWrite) int { return cmp.Compare(a.version, b.version) })
	return h, nil
}

// add records the version that a write made. The answer to a deletion may be a Status.
func (h *history) add(e *auditEvent) error {
	var kind metav1.TypeMeta
	if err := json.Unmarshal(e.Response, &kind); err != nil {
		return fmt.Errorf("reading the kind of an audited object: %w", err)
	}
	switch kind.Kind {
	case "BankConnection":
		c := &v1alpha1.BankConnection{}
		return note(e, c, func(n uint64) {
			h.connections[c.UID] = append(h.connections[c.UID], version[*v1alpha1.BankConnection]{n, c})
		})
	case "FlinksInstance", "ClusterFlinksInstance":
		i := &instanceVersion{}
		key := instanceKey(kind.Kind, e.ObjectRef.Namespace, e.ObjectRef.Name)
		return note(e, i, func(n uint64) { h.instances[key] = append(h.instances[key], version[*instanceVersion]{n, i}) })
	case "RefreshPolicy":
		p := &v1alpha1.RefreshPolicy{}
		key := types.NamespacedName{Namespace: e.ObjectRef.Namespace, Name: e.ObjectRef.Name}
		return note(e, p, func(n uint64) {
			h.policies[key] = append(h.policies[key], version[*v1alpha1.RefreshPolicySpec]{n, &p.Spec})
		})
	}
	return nil
}

func note(e *auditEvent, o interface{ GetResourceVersion() string }, keep func(uint64)) error {
	if err := json.Unmarshal(e.Response, o); err != nil {
		return fmt.Errorf("reading an audited object: %w", err)
	}
	n, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil {
		return errors.New("an audited object has no resourceVersion")
	}
	keep(n)
	return nil
}

func instanceKey(kind, namespace, name string) string {
	return strings.Join([]string{kind, namespace, name}, "/")
}

func (h *history) sort() {
	for _, versions := range h.connections {
		sortVersions(versions)
	}
	for _, versions := range h.instances {
		sortVersions(versions)
	}
	for _, versions := range h.policies {
		sortVersions(versions)
	}
}

func sortVersions[T any](versions []version[T]) {
	slices.SortFunc(versions, func(a, b version[T]) int { return cmp.Compare(a.number, b.number) })
}

// at returns the newest version that is not newer than a number.
func at[T any](versions []version[T], number uint64) (object T, ok bool) {
	return behind(versions, number, 0)
}

// behind returns the version in a cache that is so many versions behind.
func behind[T any](versions []version[T], number uint64, lag int) (object T, ok bool) {
	for _, v := range slices.Backward(versions) {
		if v.number > number {
			continue
		}
		if lag == 0 {
			return v.object, true
		}
		lag--
	}
	return object, false
}

func (h *history) addWrite(e *auditEvent) error {
	requested, stored := &v1alpha1.BankConnection{}, &v1alpha1.BankConnection{}
	if err := errors.Join(json.Unmarshal(e.Request, requested), json.Unmarshal(e.Response, stored)); err != nil {
		return fmt.Errorf("reading an audited status: %w", err)
	}
	read, err := strconv.ParseUint(requested.ResourceVersion, 10, 64)
	if err != nil {
		return errors.New("a status was written without a resourceVersion")
	}
	made, err := strconv.ParseUint(stored.ResourceVersion, 10, 64)
	if err != nil {
		return errors.New("an audited status has no resourceVersion")
	}
	before, ok := at(h.connections[stored.UID], read)
	if !ok {
		return nil // The log does not hold its first version.
	}
	after := requested.Status
	requested.Status = before.Status
	h.writes = append(h.writes, statusWrite{read: requested, after: after, received: e.Received.Time, version: made})
	return nil
}
