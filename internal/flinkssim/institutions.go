package flinkssim

import (
	"net/http"
	"strconv"
)

type institutionsBody struct {
	Data  []institutionBody `json:"Data"`
	Count int               `json:"Count"`
}

type institutionBody struct {
	ID            int            `json:"Id"`
	Localizations []localization `json:"Localizations"`
	Status        string         `json:"Status"`
	Country       string         `json:"Country"`
}

type localization struct {
	Language string           `json:"Language"`
	Name     string           `json:"Name"`
	Urls     []institutionURL `json:"Urls"`
}

type institutionURL struct {
	Type string `json:"Type"`
	URL  string `json:"Url"`
}

// institutions answers GET Institutions, with skip and take: one bank.
func (s *Server) institutions(x *exchange) reply {
	if !s.apiKeyOK(x) {
		return s.unauthorized(messageAuthKey)
	}
	all := []institutionBody{{ID: institutionID, Status: "Enabled", Country: "Canada"}}
	for _, language := range []string{"en", "fr"} {
		all[0].Localizations = append(all[0].Localizations, localization{
			Language: language, Name: institutionName,
			Urls: []institutionURL{{Type: "Login", URL: "https://flinks.com"}},
		})
	}
	query := x.request.URL.Query()
	skip, _ := strconv.Atoi(query.Get("skip"))
	page := all[min(max(skip, 0), len(all)):]
	if take, err := strconv.Atoi(query.Get("take")); err == nil {
		page = page[:min(max(take, 0), len(page))]
	}
	return jsonReply(http.StatusOK, institutionsBody{Data: page, Count: len(all)}).took()
}
