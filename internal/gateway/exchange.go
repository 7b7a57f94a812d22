package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/flinks-operator/flinks-operator/internal/linkapi"
)

const (
	// maxJSON bounds what a page's script posts.
	maxJSON = 4 << 10
	// maxToken is above the length of every token.
	maxToken = 256
	// cookieLifetime is enough to go through Flinks Connect.
	cookieLifetime = 2 * time.Hour
)

// cookieName is the cookie that tells the landing page which link was pressed.
const cookieName = "__Host-link"

// state is what a page's script gets to know.
type state struct {
	State linkapi.State `json:"state,omitempty"`
	// Path of the link's page, for the landing page.
	Path string `json:"path,omitempty"`
	// URL of what the page frames.
	URL string `json:"url,omitempty"`
}

// pressed reads the token of a press, and remembers it in the browser.
func pressed(w http.ResponseWriter, r *http.Request) (linkapi.Identifier, bool) {
	token, ok := tokenOf(r.PathValue("token"))
	if !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return token, false
	}
	if !readJSON(w, r, &struct{}{}) {
		return token, false
	}
	setCookie(w, token.Reveal(), int(cookieLifetime.Seconds()))
	return token, true
}

// setCookie: Lax is enough, for only the scripts of our own pages make use of it.
func setCookie(w http.ResponseWriter, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// tokenOf drops what cannot be a token before anybody is asked about it.
func tokenOf(s string) (linkapi.Identifier, bool) {
	if len(s) < 16 || len(s) > maxToken || strings.Trim(s, tokenLetters) != "" {
		return linkapi.Identifier{}, false
	}
	return linkapi.NewIdentifier(s), true
}

const tokenLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// readJSON reads a body that has these fields and no others.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	if mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); !strings.EqualFold(strings.TrimSpace(mediaType), "application/json") {
		http.Error(w, "the body must be JSON", http.StatusUnsupportedMediaType)
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxJSON))
	d.DisallowUnknownFields()
	err := d.Decode(into)
	if err == nil {
		_, err = d.Token() // There must be no more.
		if errors.Is(err, io.EOF) {
			return true
		}
		err = errors.Join(err, errors.New("more than one value"))
	}
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
		return false
	}
	http.Error(w, "the body is not what is expected", http.StatusBadRequest)
	return false
}

func (g *Gateway) answer(w http.ResponseWriter, v linkapi.View, err error) {
	if err != nil {
		g.refuse(w, err)
		return
	}
	writeJSON(w, state{State: v.State})
}

func writeJSON(w http.ResponseWriter, s state) {
	text, err := json.Marshal(s)
	if err != nil {
		http.Error(w, "try again", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text) // If it fails, the person is gone.
}

// refuse says what kind of error it was, and nothing of it.
func (g *Gateway) refuse(w http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, linkapi.ErrNotNow):
		http.Error(w, "look again", http.StatusConflict)
	case errors.Is(err, linkapi.ErrInvalid):
		http.Error(w, "invalid", http.StatusBadRequest)
	case errors.Is(err, linkapi.ErrNotFound):
		http.Error(w, "not found", http.StatusNotFound)
	default:
		w.Header().Set("Retry-After", "5")
		http.Error(w, "try again", http.StatusServiceUnavailable)
	}
}
