package dataapi

import (
	"testing"

	"github.com/flinks-operator/flinks-operator/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m, testenv.Options{AuditLog: true, Isolated: true}) }
