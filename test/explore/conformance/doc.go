// Package conformance holds the API server of the explorer to the real one: random sequences of
// calls are run on both, and every answer, every object and every event of a watch must be the same.
//
//	go test ./test/explore/conformance                       # 2,000 sequences
//	go test ./test/explore/conformance -sequences 20000
//	go test ./test/explore/conformance -sequence 1234        # one of them again, shrunk
package conformance
