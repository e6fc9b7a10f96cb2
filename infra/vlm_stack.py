"""The GPU endpoint of tier=vlm, a stack of its own: it is optional, and one that does not come up blocks nothing else.

docs/vlm.md says what it costs and what has to be there first.
"""

from __future__ import annotations

import re

import aws_cdk as cdk
from constructs import Construct

from infra import context
from infra.context import InvalidContext
from infra.vlm_endpoint import DIALECTS, Endpoint, Scaling
from infra.vlm_weights import Weights

REQUESTS_PER_COPY = 8
"""At once. The main stack sends no more than this times the most copies; more copies come when there are more."""


class VlmStack(cdk.Stack):
    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id, description="ocrchat: the GPU endpoint of tier=vlm")
        name = context.text(self.node, "vlm_endpoint")
        if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name):
            raise InvalidContext(f"vlm_endpoint: '{name}' is no name. Use letters, digits and '-', 63 at most.")
        dialect = context.one_of(self.node, "vlm_dialect", DIALECTS)
        instance_type = context.text(self.node, "vlm_instance_type")
        if instance_type.startswith("ml.g4dn."):
            raise InvalidContext(
                f"vlm_instance_type: {instance_type} has no bfloat16. Take ml.g6.xlarge or ml.g5.xlarge."
            )
        min_copies, max_copies = context.count(self.node, "vlm_min_copies"), context.count(self.node, "vlm_max_copies")
        if max_copies < max(1, min_copies):
            raise InvalidContext(f"vlm_max_copies: {max_copies} is fewer than 1 or than vlm_min_copies, {min_copies}.")
        weights = self._weights()

        endpoint = Endpoint(
            self,
            "Vlm",
            name=name,
            weights=weights,
            dialect=dialect,
            image_account=context.text(self.node, "vlm_image_account"),
            instance_type=instance_type,
            min_copies=min_copies,
            max_copies=max_copies,
        )
        Scaling(
            self,
            "Scaling",
            endpoint=endpoint,
            min_copies=min_copies,
            max_copies=max_copies,
            requests_per_copy=REQUESTS_PER_COPY,
        )
        cdk.CfnOutput(self, "EndpointName", value=name)
        cdk.CfnOutput(self, "WeightsUri", value=weights.uri)

    def _weights(self) -> Weights:
        location = context.text(self.node, "vlm_weights")
        if not location:
            raise InvalidContext(
                "vlm_weights is missing. Put the weights into a bucket of the region of the endpoint, "
                "make stage-weights TO=s3://bucket/prefix/, and name the same place: -c vlm_weights=s3://bucket/prefix/, "
                "or in cdk.json. See docs/vlm.md."
            )
        try:
            return Weights.at(location, context.text(self.node, "vlm_model"), context.text(self.node, "vlm_revision"))
        except ValueError as error:
            raise InvalidContext(f"vlm_weights, vlm_model, vlm_revision: {error}") from None
