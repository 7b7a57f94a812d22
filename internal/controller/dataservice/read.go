package dataservice

import (
	"context"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/controller/login"
	"github.com/flinks-operator/flinks-operator/internal/dataapi"
	"github.com/flinks-operator/flinks-operator/internal/flinks"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
)

// reading is one read.
type reading struct {
	asked    dataapi.Request
	facts    lifecycle.Facts
	instance instance.View
	allowed  lifecycle.DataReading
	access   login.Access
	session  session
	// opened is the session whose data is handed out.
	opened flinks.RequestID
	// dataTime is that of the data, as far as it is known by now.
	dataTime time.Time
}

func (q *reading) connection() *v1alpha1.BankConnection { return q.facts.Connection }

func (q *reading) uid() types.UID { return q.facts.Connection.UID }

func (q *reading) name() nameOf { return client.ObjectKeyFromObject(q.facts.Connection) }

func (q *reading) version() dataapi.Version {
	return dataapi.Version{UID: string(q.uid()), DataTime: q.dataTime, Accounts: q.allowed.Accounts}
}

// callerHasIt reports whether the caller has the newest data that is known.
func (q *reading) callerHasIt() bool { return q.asked.Has != nil && q.asked.Has(q.version()) }

func problem(reason dataapi.Reason, cause string, retryAfter time.Duration) error {
	return &dataapi.Problem{Reason: reason, Cause: cause, RetryAfter: retryAfter}
}

// retryLater is when to ask again after what passes by itself.
const retryLater = 30 * time.Second

// unavailable drops what an error says: callers are other programs.
func unavailable(ctx context.Context, err error) error {
	log.FromContext(ctx).Error(err, "Read of an application failed")
	return problem(dataapi.Unavailable, "", retryLater)
}

// Read implements dataapi.Backend.
func (s *Service) Read(ctx context.Context, asked dataapi.Request) (dataapi.Answer, error) {
	q, err := s.find(ctx, asked)
	if err != nil {
		return dataapi.Answer{}, err
	}
	if q.callerHasIt() && !s.looksAgain(q) {
		return dataapi.Answer{Version: q.version()}, nil
	}
	if err := s.begin(q); err != nil {
		return dataapi.Answer{}, err
	}
	defer s.end(q)
	return s.ask(ctx, q)
}

// find reads what is known of a connection, and decides whether it may be read.
func (s *Service) find(ctx context.Context, asked dataapi.Request) (*reading, error) {
	var c v1alpha1.BankConnection
	err := s.Client.Get(ctx, types.NamespacedName{Namespace: asked.Namespace, Name: asked.Name}, &c)
	switch {
	case apierrors.IsNotFound(err):
		return nil, problem(dataapi.NotFound, "", 0)
	case err != nil:
		return nil, unavailable(ctx, err)
	}
	q := &reading{asked: asked}
	if q.facts, q.instance, err = s.Logins.ReadFacts(ctx, &c); err != nil {
		return nil, unavailable(ctx, err)
	}
	q.allowed = lifecycle.ReadData(s.Clock.Now(), q.facts)
	if q.allowed.Obstacle != "" {
		return nil, refusalOf(q.allowed)
	}
	q.dataTime = q.allowed.DataTime
	s.memory.do(s.Clock.Now(), c.UID, func(m *connection) {
		if m.dataTime.After(q.dataTime) {
			q.dataTime = m.dataTime // The status is not written yet.
		}
	})
	return q, nil
}

// refusals are the reasons of this API for what package lifecycle says.
var refusals = map[lifecycle.DataObstacle]dataapi.Reason{
	lifecycle.DataBeingDeleted: dataapi.BeingDeleted, lifecycle.DataSuspended: dataapi.Suspended,
	lifecycle.DataOfOther: dataapi.DuplicateLogin, lifecycle.DataWantsUser: dataapi.UserActionRequired,
	lifecycle.DataNotBound: dataapi.NotBound, lifecycle.DataMissing: dataapi.NoData,
	lifecycle.DataNotSelected: dataapi.SelectionUnknown, lifecycle.DataInstance: dataapi.InstanceUnavailable,
}

func refusalOf(d lifecycle.DataReading) error {
	p := &dataapi.Problem{Reason: refusals[d.Obstacle], Cause: d.Cause}
	if d.Obstacle == lifecycle.DataInstance {
		p.RetryAfter = retryLater
	}
	return p
}

// looksAgain reports whether a caller that has the newest known data makes the operator look for
// newer data. It does so at most once a minute, however many callers ask.
func (s *Service) looksAgain(q *reading) (looks bool) {
	now := s.Clock.Now()
	if !lifecycle.IsObserveDue(now, q.connection(), lookPace) {
		return false
	}
	s.memory.do(now, q.uid(), func(m *connection) {
		looks = !m.asking && !now.Before(m.looked.Add(lookPace))
		if looks {
			m.looked = now
		}
	})
	return looks
}

// begin makes the caller the one that waits for Flinks, if no other does.
func (s *Service) begin(q *reading) (err error) {
	now := s.Clock.Now()
	want := session{transactions: q.asked.Transactions, accounts: strings.Join(q.allowed.Accounts, ",")}
	s.memory.do(now, q.uid(), func(m *connection) {
		if m.asking {
			err = problem(dataapi.TooManyReads, "", time.Second)
			return
		}
		if q.session = want; m.session.goesOn(now, want) {
			q.session = m.session
		} else if wait := m.read(now); wait > 0 && !q.callerHasIt() {
			err = problem(dataapi.TooManyReads, "", wait)
			return
		}
		m.asking = true
	})
	return err
}

// end lets another caller ask, and remembers a session that Flinks is still collecting data for.
func (s *Service) end(q *reading) {
	s.memory.do(s.Clock.Now(), q.uid(), func(m *connection) { m.asking, m.session = false, q.session })
}

// ask asks Flinks for the data.
func (s *Service) ask(ctx context.Context, q *reading) (dataapi.Answer, error) {
	var why string
	var err error
	q.access, why, err = s.Logins.Access(ctx, q.instance, q.connection())
	switch {
	case err != nil:
		return dataapi.Answer{}, unavailable(ctx, err)
	case why == v1alpha1.ReasonInstanceNotReady:
		return dataapi.Answer{}, problem(dataapi.InstanceUnavailable, why, retryLater)
	case why != "":
		return dataapi.Answer{}, problem(dataapi.NotBound, why, 0)
	}
	if q.session.requestID.IsZero() {
		has := q.callerHasIt()
		if err := s.look(ctx, q); err != nil {
			if has {
				return dataapi.Answer{Version: q.version()}, nil // Nothing newer is known.
			}
			return dataapi.Answer{}, err
		}
		if q.callerHasIt() {
			q.session = session{}
			return dataapi.Answer{Version: q.version()}, nil
		}
	} else if q.session.dataTime.After(q.dataTime) {
		q.dataTime = q.session.dataTime
	}
	return s.fetch(ctx, q)
}

// fetch follows the data of a session for as long as a caller has patience.
func (s *Service) fetch(ctx context.Context, q *reading) (dataapi.Answer, error) {
	began := s.Clock.Now()
	for {
		stream, err := s.fetchOnce(ctx, q)
		if err != nil {
			return dataapi.Answer{}, err
		}
		if !stream.Pending {
			q.session = session{}
			return dataapi.Answer{Version: q.version(), Data: s.dataOf(q, stream)}, nil
		}
		wait := min(pollPace, s.Patience-s.Clock.Since(began))
		if wait <= 0 || !pause(ctx, wait) {
			return dataapi.Answer{}, problem(dataapi.Pending, "", pollPace)
		}
	}
}

// pause waits, and reports whether the caller still does.
func pause(ctx context.Context, d time.Duration) bool {
	waiting, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-waiting.Done()
	return ctx.Err() == nil
}

func (s *Service) dataOf(q *reading, stream flinks.DataStream) *dataapi.Data {
	loginID, requestID := q.access.LoginID, q.opened
	return &dataapi.Data{
		Body:    stream.Body,
		IsLogin: func(text string) bool { return isLogin(text, loginID) },
		Reveals: func(text string) bool { return isLogin(text, loginID) || isSession(text, requestID) },
		Done:    func(accounts int, whole bool) { s.record(q, accounts, whole) },
	}
}

// guidLength is the length of the identifiers that no application may see.
const guidLength = 36

func isLogin(text string, of flinks.LoginID) bool {
	if len(text) != guidLength {
		return false
	}
	id, err := flinks.ParseLoginID([]byte(text))
	return err == nil && id.Equal(of)
}

func isSession(text string, of flinks.RequestID) bool {
	if len(text) != guidLength {
		return false
	}
	id, err := flinks.ParseRequestID([]byte(text))
	return err == nil && id.Equal(of)
}
