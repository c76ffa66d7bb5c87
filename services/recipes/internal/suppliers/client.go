// Package suppliers asks the suppliers service for prices.
package suppliers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"delivery.example/kit/web"
	"delivery.example/recipes/internal/cook"
)

// Client is a cook.Prices over HTTP.
type Client struct {
	base string
	http *http.Client
}

var _ cook.Prices = (*Client)(nil)

// New gives a client of the service at base; a call ends after timeout.
func New(base string, timeout time.Duration) *Client {
	return &Client{base, web.Client(timeout)}
}

// Prices implements cook.Prices in one call.
func (c *Client) Prices(ctx context.Context, ingredientIDs []string) (map[string]cook.Price, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/prices?"+url.Values{"ingredient": ingredientIDs}.Encode(), nil)
	if err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("suppliers: prices: %s", answer.Status)
	}
	var body struct {
		Items []struct {
			ID         string `json:"id"`
			PackSize   int64  `json:"packSize"`
			PriceMinor int64  `json:"priceMinor"`
			Available  bool   `json:"available"`
		} `json:"items"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, web.BodyLimit)).Decode(&body); err != nil {
		return nil, fmt.Errorf("suppliers: prices: %w", err)
	}
	prices := map[string]cook.Price{}
	for _, i := range body.Items {
		prices[i.ID] = cook.Price{PackSize: i.PackSize, PriceMinor: i.PriceMinor, Available: i.Available}
	}
	return prices, nil
}
