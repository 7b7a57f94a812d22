// Package guid recognizes the identifiers of Flinks.
package guid

// Is reports whether s is a GUID of 8-4-4-4-12 hexadecimal digits, the one form that Flinks
// prints.
func Is(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}

// In reports whether s contains a GUID, with or without dashes: 32 hexadecimal digits in a
// row.
func In(s string) bool {
	run := 0
	for i := range len(s) {
		switch {
		case isHex(s[i]):
			if run++; run == 32 {
				return true
			}
		case s[i] != '-':
			run = 0
		}
	}
	return false
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
