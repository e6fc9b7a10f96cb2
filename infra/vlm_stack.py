"""The GPU endpoint of tier=vlm, a stack of its own: it is optional, and one that does not come up blocks nothing else.

docs/vlm.md says what it costs and what has to be there first.
"""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from infra.config import REQUESTS_PER_COPY, Config
from infra.vlm_endpoint import Endpoint, Scaling


class VlmStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str, *, config: Config) -> None:
        super().__init__(
            scope, id, stack_name=f"{id}{config.stage.suffix}", description="ocrchat: the GPU endpoint of tier=vlm"
        )
        endpoint = Endpoint(
            self,
            "Vlm",
            name=config.vlm_endpoint,
            weights=config.weights,
            dialect=config.vlm_dialect,
            image_account=config.vlm_image_account,
            instance_type=config.vlm_instance_type,
            min_copies=config.vlm_min_copies,
            max_copies=config.vlm_max_copies,
        )
        Scaling(
            self,
            "Scaling",
            endpoint=endpoint,
            min_copies=config.vlm_min_copies,
            max_copies=config.vlm_max_copies,
            requests_per_copy=REQUESTS_PER_COPY,
        )
        cdk.CfnOutput(self, "EndpointName", value=config.vlm_endpoint)
        cdk.CfnOutput(self, "WeightsUri", value=config.weights.uri)
