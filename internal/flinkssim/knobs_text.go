package flinkssim

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Set changes one knob by its JSON name, from text: "15m", "true", "400".
func (k *Knobs) Set(name, value string) error {
	field, ok := knobField(reflect.ValueOf(k).Elem(), name)
	if !ok {
		return fmt.Errorf("knob %q does not exist", name)
	}
	if err := setField(field, value); err != nil {
		return fmt.Errorf("knob %s: %w", name, err)
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

// UnmarshalJSON changes the knobs that are named and leaves the others alone.
func (k *Knobs) UnmarshalJSON(data []byte) error {
	var in map[string]json.RawMessage
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("reading knobs: %w", err)
	}
	for name, raw := range in {
		text := string(raw)
		if quoted, err := strconv.Unquote(text); err == nil {
			text = quoted
		}
		if err := k.Set(name, text); err != nil {
			return err
		}
	}
	return nil
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
