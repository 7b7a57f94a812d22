package apiserver

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// shape does what encoding a value and decoding it again does to it, and compares values as their
// encodings compare, without encoding anything.
type shape struct {
	normalise func(reflect.Value)
	equal     func(a, b reflect.Value) bool
	// key appends what the schemas care about in a value.
	key func(v reflect.Value, b []byte) []byte
}

var (
	timeType     = reflect.TypeFor[metav1.Time]()
	typeMetaType = reflect.TypeFor[metav1.TypeMeta]()
)

func shapeOf(t reflect.Type) *shape { return compile(t, map[reflect.Type]*shape{}) }

func compile(t reflect.Type, known map[reflect.Type]*shape) *shape {
	if s := known[t]; s != nil {
		return s
	}
	s := &shape{}
	known[t] = s
	switch {
	case t == timeType:
		*s = shape{normaliseTime, equalTimes, keyOfTime}
	case t == typeMetaType:
		*s = shape{func(v reflect.Value) { v.SetZero() }, func(_, _ reflect.Value) bool { return true }, func(_ reflect.Value, b []byte) []byte { return b }}
	case t.Kind() == reflect.Struct:
		compileStruct(t, s, known)
	case t.Kind() == reflect.Pointer:
		compilePointer(t, s, known)
	case t.Kind() == reflect.Slice:
		compileSlice(t, s, known)
	case t.Kind() == reflect.Map:
		compileMap(t, s, known)
	case t.Comparable():
		*s = shape{nil, func(a, b reflect.Value) bool { return a.Equal(b) }, keyOfValue}
	default:
		panic(fmt.Sprintf("apiserver: values of type %v are not modelled", t))
	}
	return s
}

// normaliseTime cuts a time to whole seconds: that is what RFC 3339 without fractions holds.
func normaliseTime(v reflect.Value) {
	t := v.Addr().Interface().(*metav1.Time)
	if !t.IsZero() {
		t.Time = time.Unix(t.Unix(), 0)
	}
}

func equalTimes(a, b reflect.Value) bool {
	return a.Addr().Interface().(*metav1.Time).Equal(b.Addr().Interface().(*metav1.Time))
}

type fieldShape struct {
	index int
	*shape
}

func compileStruct(t reflect.Type, s *shape, known map[reflect.Type]*shape) {
	var all, active []fieldShape
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); !f.IsExported() || name == "-" {
			continue
		}
		of := compile(f.Type, known)
		if f.Name == "Nonce" {
			of = &shape{of.normalise, of.equal, keyOfLength}
		}
		all = append(all, fieldShape{i, of})
	}
	active = all
	s.normalise = func(v reflect.Value) {
		for _, f := range active {
			if f.normalise != nil {
				f.normalise(v.Field(f.index))
			}
		}
	}
	s.key = func(v reflect.Value, b []byte) []byte {
		for _, f := range all {
			b = f.key(v.Field(f.index), b)
		}
		return b
	}
	s.equal = func(a, b reflect.Value) bool {
		for _, f := range all {
			if !f.equal(a.Field(f.index), b.Field(f.index)) {
				return false
			}
		}
		return true
	}
}

func compilePointer(t reflect.Type, s *shape, known map[reflect.Type]*shape) {
	element := compile(t.Elem(), known)
	s.normalise = func(v reflect.Value) {
		switch {
		case v.IsNil():
		case t.Elem() == timeType && v.Interface().(*metav1.Time).IsZero():
			v.SetZero() // It is encoded as null.
		case element.normalise != nil:
			element.normalise(v.Elem())
		}
	}
	s.key = func(v reflect.Value, b []byte) []byte {
		if v.IsNil() {
			return append(b, 'n')
		}
		return element.key(v.Elem(), append(b, 'p'))
	}
	s.equal = func(a, b reflect.Value) bool {
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Pointer() == b.Pointer() || element.equal(a.Elem(), b.Elem())
	}
}

func compileSlice(t reflect.Type, s *shape, known map[reflect.Type]*shape) {
	element := compile(t.Elem(), known)
	// What the server holds has no empty lists: all of them are left out when empty. The values of
	// Secrets are bytes, and an empty value is there.
	isBytes := t.Elem().Kind() == reflect.Uint8
	s.normalise = func(v reflect.Value) {
		if v.Len() == 0 && !isBytes {
			v.SetZero()
		}
		if element.normalise == nil {
			return
		}
		for i := range v.Len() {
			element.normalise(v.Index(i))
		}
	}
	s.key = func(v reflect.Value, b []byte) []byte {
		b = appendNumber(b, uint64(v.Len())) //nolint:gosec // A length is not negative.
		for i := range v.Len() {
			b = element.key(v.Index(i), b)
		}
		return b
	}
	s.equal = func(a, b reflect.Value) bool {
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !element.equal(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
}

func compileMap(t reflect.Type, s *shape, known map[reflect.Type]*shape) {
	element := compile(t.Elem(), known)
	s.key = keyOfMap(element)
	s.normalise = func(v reflect.Value) {
		if v.Len() == 0 {
			v.SetZero()
		}
		if t.Elem().Kind() != reflect.Slice {
			return
		}
		for i := v.MapRange(); i.Next(); {
			if i.Value().IsNil() {
				v.SetMapIndex(i.Key(), reflect.MakeSlice(t.Elem(), 0, 0))
			}
		}
	}
	s.equal = func(a, b reflect.Value) bool {
		if a.Len() != b.Len() {
			return false
		}
		for i := a.MapRange(); i.Next(); {
			other := b.MapIndex(i.Key())
			if !other.IsValid() || !element.equal(i.Value(), other) {
				return false
			}
		}
		return true
	}
}
