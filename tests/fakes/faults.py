"""The ways the test server fails, by name."""

STATUSES = {
    "rate_limited": (429, "rate_limit_error", "Number of requests has exceeded your rate limit"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "server_error": (500, "api_error", "Internal server error"),
    "unavailable": (503, "api_error", "Service unavailable"),
    "gateway_timeout": (504, "timeout_error", "Request timed out"),
    "no_key": (401, "authentication_error", "invalid x-api-key"),
    "no_payment": (402, "billing_error", "Your credit balance is too low"),
    "forbidden": (403, "permission_error", "Your API key does not have permission to use this model"),
    "no_model": (404, "not_found_error", "model: no-such-model"),
    "too_large": (413, "request_too_large", "Request exceeds the maximum size"),
    "spend_limit": (400, "invalid_request_error", "You have reached your specified API usage limits (spend limit)"),
    "spend_limit_429": (429, "rate_limit_error", "Monthly threshold reached"),
    "rejected": (400, "invalid_request_error", "messages.0.content: something is wrong with it"),
    "prompt_too_long": (400, "invalid_request_error", "prompt is too long: 1200000 tokens > 1000000 maximum"),
    "context_size": (400, "exceed_context_size_error", "request (9000 tokens) exceeds the available context size"),
    "redirect": (307, "api_error", "moved"),
}
NOT_DELIVERED = ("stalled", "cut", "cut_json", "cut_in_a_letter", "empty_object", "a_list", "null", "no_stop_reason")
"""Answers the server charges for and the client cannot read."""

UNCHARGED_AND_PASSING = (
    "rate_limited",
    "overloaded",
    "server_error",
    "unavailable",
    "gateway_timeout",
    "refused",
    "html",
)
ODD_ANSWERS = ("refusal", "max_tokens", "context_exceeded", "bad_json", "bad_schema", "prose", "unknown_stop")
HARMLESS = ("thinking_first", "unknown_block")
EVERY_FAULT = (*UNCHARGED_AND_PASSING, *NOT_DELIVERED, *ODD_ANSWERS, *HARMLESS, "too_large")
