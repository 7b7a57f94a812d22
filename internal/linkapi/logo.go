package linkapi

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	_ "image/jpeg" // for LogoType
	_ "image/png"  // for LogoType
)

const (
	// MaxLogo is the size that a logo may have, in bytes.
	MaxLogo = 64 << 10
	// maxLogoSide is how wide and high a logo may be, in pixels: browsers need memory for each of them.
	maxLogoSide = 2048
)

// LogoType returns the media type of a logo, out of its own bytes; empty if it is not an image
// that a page may show.
func LogoType(logo []byte) string {
	if len(logo) > MaxLogo {
		return ""
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(logo))
	switch {
	case err != nil, config.Width < 1, config.Height < 1, config.Width > maxLogoSide, config.Height > maxLogoSide:
		return ""
	case format == "png", format == "jpeg":
		return "image/" + format
	}
	return ""
}

// LogoDigest returns what a view says of a logo.
func LogoDigest(logo []byte) string {
	sum := sha256.Sum256(logo)
	return hex.EncodeToString(sum[:])
}
