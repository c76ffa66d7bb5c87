package api

import (
	"net/http"
	"time"

	"delivery.example/kit/contract"
	"delivery.example/kit/problem"
	"delivery.example/kit/web"
	"delivery.example/restaurant/internal/feedback"
)

// ListFeedback implements ServerInterface.
func (a api) ListFeedback(w http.ResponseWriter, r *http.Request, params ListFeedbackParams) {
	a.answer(w, r, func() error {
		filter := feedback.Filter{}
		if params.Version != nil {
			filter.Version = *params.Version
		}
		if params.Status != nil {
			filter.Status = string(*params.Status)
		}
		if params.Severity != nil {
			filter.Severity = string(*params.Severity)
		}
		page := contract.PageOf(params.After, params.Limit)
		list, err := a.feedback.List(r.Context(), filter, contract.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil {
			return err
		}
		list, next := contract.Cut(page, list, func(f feedback.Feedback) string { return f.ID })
		answer := FeedbackPage{Items: []Feedback{}, Next: next}
		for _, f := range list {
			answer.Items = append(answer.Items, shownFeedback(f))
		}
		web.WriteJSON(w, http.StatusOK, answer)
		return nil
	})
}

// AddFeedback implements ServerInterface.
func (a api) AddFeedback(w http.ResponseWriter, r *http.Request, params AddFeedbackParams) {
	a.answer(w, r, func() error {
		var body NewFeedback
		if err := web.ReadJSON(w, r, &body); err != nil {
			return err
		}
		made := contract.Create("/feedback", params.IdempotencyKey, body)
		f := feedback.Feedback{
			ID: made.ID, Fingerprint: made.Fingerprint,
			Text: body.Text, Severity: string(body.Severity), Version: body.Version, Status: feedback.Open,
			CreatedAt: time.Now().UTC().Truncate(time.Microsecond), // what a database keeps of it
		}
		if faults := f.Check(); len(faults) > 0 {
			return problem.Invalid(faults...)
		}
		f, err := a.feedback.Add(r.Context(), f)
		if err != nil {
			return err
		}
		w.Header().Set("Location", "/feedback/"+f.ID)
		writeFeedback(w, http.StatusCreated, f)
		return nil
	})
}

// GetFeedback implements ServerInterface.
func (a api) GetFeedback(w http.ResponseWriter, r *http.Request, id Id) {
	a.answer(w, r, func() error {
		f, err := a.feedback.Get(r.Context(), id)
		if err != nil {
			return err
		}
		writeFeedback(w, http.StatusOK, f)
		return nil
	})
}

// PutFeedback implements ServerInterface.
func (a api) PutFeedback(w http.ResponseWriter, r *http.Request, id Id, params PutFeedbackParams) {
	a.answer(w, r, func() error {
		revision, err := contract.Match(params.IfMatch)
		if err != nil {
			return err
		}
		var body FeedbackJudgement
		if err := web.ReadJSON(w, r, &body); err != nil {
			return err
		}
		f, err := a.feedback.Judge(
			r.Context(),
			feedback.Feedback{ID: id, Revision: revision, Status: string(body.Status), Severity: string(body.Severity)},
		)
		if err != nil {
			return err
		}
		writeFeedback(w, http.StatusOK, f)
		return nil
	})
}

func writeFeedback(w http.ResponseWriter, status int, f feedback.Feedback) {
	w.Header().Set("ETag", contract.Tag(f.Revision))
	web.WriteJSON(w, status, shownFeedback(f))
}

func shownFeedback(f feedback.Feedback) Feedback {
	return Feedback{
		Id:        f.ID,
		Text:      f.Text,
		Severity:  Severity(f.Severity),
		Status:    FeedbackStatus(f.Status),
		Version:   f.Version,
		CreatedAt: f.CreatedAt,
	}
}
