// Package recipes asks the recipes service for costs.
package recipes

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"delivery.example/kit/web"
	"delivery.example/restaurant/internal/menu"
)

// Client is a menu.Costs over HTTP.
type Client struct {
	base string
	http *http.Client
}

var _ menu.Costs = (*Client)(nil)

// New gives a client of the service at base; a call ends after timeout.
func New(base string, timeout time.Duration) *Client {
	return &Client{base, web.Client(timeout)}
}

// Costs implements menu.Costs in one call.
func (c *Client) Costs(ctx context.Context, recipeIDs []string) (map[string]menu.Cost, bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/costs?"+url.Values{"recipe": recipeIDs}.Encode(), nil)
	if err != nil {
		return nil, false, err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, false, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, false, fmt.Errorf("recipes: costs: %s", answer.Status)
	}
	var body struct {
		Items []struct {
			RecipeID     string   `json:"recipeId"`
			PortionMinor *int64   `json:"portionCostMinor"`
			Unavailable  []string `json:"unavailable"`
		} `json:"items"`
		Degraded bool `json:"degraded"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, web.BodyLimit)).Decode(&body); err != nil {
		return nil, false, fmt.Errorf("recipes: costs: %w", err)
	}
	costs := map[string]menu.Cost{}
	for _, i := range body.Items {
		costs[i.RecipeID] = menu.Cost{PortionMinor: i.PortionMinor, Unavailable: i.Unavailable}
	}
	return costs, body.Degraded, nil
}
