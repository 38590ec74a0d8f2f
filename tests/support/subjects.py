"""The subjects of the product, in their order: each imports only what stands before it."""

SUBJECTS = (
    "shared",
    "people",
    "policy",
    "measurements",
    "plausibility",
    "models",
    "turbines",
    "interventions",
    "park",
    "plan",
    "quality",
    "weather",
    "operations",
)
