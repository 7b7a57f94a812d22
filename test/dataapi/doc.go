// Package dataapi tests the data API of whole managers: which accounts may read which data, what
// an answer has and lacks, and what a read costs.
package dataapi
