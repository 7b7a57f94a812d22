package world

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/flinks-operator/flinks-operator/internal/dataapi"
)

// DataRead begins the names of the routines that answer applications, which end with the name of the
// connection.
const DataRead = "data "

// Reader is an application that reads the data of a connection through the data API from time to
// time, unless it has the newest.
type Reader struct {
	Key   types.NamespacedName
	Every time.Duration
	// Times is how often it reads.
	Times int

	next     time.Time
	tag      string
	answer   int
	dataTime time.Time
}

// Answer returns the status of the newest answer; 0 before the first.
func (r *Reader) Answer() int { return r.answer }

// DataTime returns the time of the data that it has; zero if it has none.
func (r *Reader) DataTime() time.Time { return r.dataTime }

// Act implements Actor.
func (r *Reader) Act(w *World) bool {
	if r.Times == 0 || w.now.Before(r.next) {
		return false
	}
	r.Times, r.next = r.Times-1, w.now.Add(r.Every)
	path := dataapi.Target{Namespace: r.Key.Namespace, Name: r.Key.Name}.Path()
	request := httptest.NewRequestWithContext(w.Context(), http.MethodGet, path, http.NoBody)
	if r.tag != "" {
		request.Header.Set("If-None-Match", r.tag)
	}
	answer, whole := w.readData(r.Key, request)
	if r.answer = answer.Code; r.answer == http.StatusOK && whole {
		r.tag = answer.Header().Get("ETag")
		r.dataTime, _ = time.Parse(http.TimeFormat, answer.Header().Get("Last-Modified"))
	}
	return true
}

// Next implements Actor.
func (r *Reader) Next(*World) time.Time {
	if r.Times == 0 {
		return time.Time{}
	}
	return r.next
}

// readData lets the process that reconciles answer an application. What it answers is part of what
// the operator says.
func (w *World) readData(key types.NamespacedName, request *http.Request) (answer *httptest.ResponseRecorder, whole bool) {
	answer = httptest.NewRecorder()
	p := w.Leader()
	if p == nil || p.Stopped() {
		answer.WriteHeader(http.StatusServiceUnavailable)
		return answer, true
	}
	w.spawn(p, DataRead+key.String(), true, func() {
		ctx := dataapi.WithCaller(request.Context(), "system:serviceaccount:"+key.Namespace+":application")
		whole = !serve(&dataapi.Server{Backend: p.Data}, answer, request.WithContext(ctx))
	})
	w.Say("an application is answered %d\n%s", answer.Code, strings.ReplaceAll(answer.Body.String(), ",", "\n"))
	return answer, whole
}
