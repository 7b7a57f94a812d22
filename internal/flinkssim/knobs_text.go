package flinkssim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// profile is the name under which all knobs are turned at once: to strict or kind.
const profile = "profile"

// Set changes one knob by its JSON name, from text: "15m", "true", "400". The name
// "profile" turns all of them: "strict" as [Knobs.Strict] does, "kind" as [Knobs.Kind].
func (k *Knobs) Set(name, value string) error {
	if name == profile {
		return k.setProfile(value)
	}
	field, ok := knobField(reflect.ValueOf(k).Elem(), name)
	if !ok {
		return fmt.Errorf("knob %q does not exist", name)
	}
	if err := setField(field, value); err != nil {
		return fmt.Errorf("knob %s: %w", name, err)
	}
	return nil
}

func (k *Knobs) setProfile(value string) error {
	switch value {
	case "strict":
		k.Strict()
	case "kind":
		k.Kind()
	default:
		return fmt.Errorf("%s: %q is neither strict nor kind", profile, value)
	}
	return nil
}

// MarshalJSON writes durations as text, the form that Set and a person read.
func (k Knobs) MarshalJSON() ([]byte, error) {
	out := map[string]any{}
	v := reflect.ValueOf(k)
	for i := range v.NumField() {
		value := v.Field(i).Interface()
		if d, ok := value.(time.Duration); ok {
			value = d.String()
		}
		out[v.Type().Field(i).Tag.Get("json")] = value
	}
	return json.Marshal(out)
}

// UnmarshalJSON changes the knobs that are named and leaves the others alone. A profile
// comes first, so that single knobs can differ from it.
func (k *Knobs) UnmarshalJSON(data []byte) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("reading knobs: %w", err)
	}
	if raw, ok := in[profile]; ok {
		if err := k.Set(profile, unquoted(raw)); err != nil {
			return err
		}
		delete(in, profile)
	}
	for name, raw := range in {
		if err := k.Set(name, unquoted(raw)); err != nil {
			return err
		}
	}
	return nil
}

func unquoted(raw json.RawMessage) string {
	if text, err := strconv.Unquote(string(raw)); err == nil {
		return text
	}
	return string(raw)
}

func knobField(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if strings.EqualFold(v.Type().Field(i).Tag.Get("json"), name) {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func setField(field reflect.Value, text string) error {
	switch field.Interface().(type) {
	case time.Duration:
		d, err := time.ParseDuration(text)
		field.SetInt(int64(d))
		return err
	case bool:
		b, err := strconv.ParseBool(text)
		field.SetBool(b)
		return err
	case int:
		n, err := strconv.Atoi(text)
		field.SetInt(int64(n))
		return err
	default:
		field.SetString(text)
		return nil
	}
}
