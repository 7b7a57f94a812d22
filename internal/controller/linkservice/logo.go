package linkservice

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/flinks-operator/flinks-operator/api/v1alpha1"
	"github.com/flinks-operator/flinks-operator/internal/controller/event"
	"github.com/flinks-operator/flinks-operator/internal/controller/instance"
	"github.com/flinks-operator/flinks-operator/internal/lifecycle"
	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get

const (
	// logoAge is for how long a logo is not read again.
	logoAge = time.Minute
	// logoTimeout is for how long a page waits for its logo.
	logoTimeout = 2 * time.Second
	// mostLogos bounds the logos in memory: 4 MiB.
	mostLogos = 64
)

// logos are what was read of the logos of instances. It is safe for concurrent use.
type logos struct {
	mu    sync.Mutex
	known map[types.UID]logo
}

// logo is that of an instance, as it was last read.
type logo struct {
	from v1alpha1.ConfigMapKeyReference
	read time.Time
	// data is empty if there is no logo.
	data   []byte
	digest string
	// unusable reports whether the ConfigMap has no image that a page may show.
	unusable bool
}

func (l *logos) get(of types.UID) (logo, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, ok := l.known[of]
	return found, ok
}

func (l *logos) put(of types.UID, is logo) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known == nil {
		l.known = map[types.UID]logo{}
	}
	if _, known := l.known[of]; !known {
		l.makeRoom()
	}
	l.known[of] = is
}

func (l *logos) makeRoom() {
	for other := range l.known {
		if len(l.known) < mostLogos {
			return
		}
		delete(l.known, other)
	}
}

// Logo implements linkapi.Backend.
func (s *Service) Logo(ctx context.Context, visit linkapi.Visit) ([]byte, error) {
	q, err := s.read(ctx, visit, cached)
	if err != nil {
		return nil, err
	}
	if is := s.logoOf(ctx, q.instance); len(is.data) > 0 {
		return is.data, nil
	}
	return nil, linkapi.ErrNotFound
}

// logoOf returns the logo of an instance, at most a minute old unless it cannot be read.
func (s *Service) logoOf(ctx context.Context, v instance.View) logo {
	if v.Object == nil || v.Identity.Gateway == nil || v.Identity.Gateway.Page.LogoConfigMapRef == nil {
		return logo{}
	}
	now, ref, uid := s.Clock.Now(), *v.Identity.Gateway.Page.LogoConfigMapRef, v.Object.GetUID()
	was, known := s.logos.get(uid)
	known = known && was.from == ref
	if age := now.Sub(was.read); known && age >= 0 && age < logoAge {
		return was
	}
	data, err := s.readLogo(ctx, types.NamespacedName{Namespace: v.Secret.Namespace, Name: ref.Name}, ref.Key)
	is := logo{from: ref, read: now}
	switch {
	case err != nil:
		log.FromContext(ctx).Error(err, "Logo not read", "instance", v.Key)
		if known {
			is.data, is.digest, is.unusable = was.data, was.digest, was.unusable
		}
	case linkapi.LogoType(data) == "":
		is.unusable = true
	default:
		is.data, is.digest = data, linkapi.LogoDigest(data)
	}
	s.logos.put(uid, is)
	if is.unusable && (!known || !was.unusable) {
		event.Emit(s.Recorder, v.Object, lifecycle.LogoUnusableEvent())
	}
	return is
}

// readLogo reads a key of a ConfigMap, which may be text or binary; nothing if it does not exist.
func (s *Service) readLogo(ctx context.Context, name types.NamespacedName, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, logoTimeout)
	defer cancel()
	var m corev1.ConfigMap
	err := s.Live.Get(ctx, name, &m)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	if data, ok := m.BinaryData[key]; ok {
		return data, nil
	}
	return []byte(m.Data[key]), nil
}
