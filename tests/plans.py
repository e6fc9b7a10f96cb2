"""The plans that tests have accounts of: those of cdk.json."""

from infra.config import default_plans

PLANS = default_plans()
