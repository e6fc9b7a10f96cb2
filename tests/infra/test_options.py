"""What an operator may ask for: a stack that can be destroyed, a key, WAF, a host name, logs elsewhere."""

from __future__ import annotations

from tests.infra.synthesised import Synthesised, flat, listed

KEY_USE = {
    f"kms:{action} Key"
    for action in ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey", "ReEncryptFrom", "ReEncryptTo")
}


def test_a_dev_stack_can_be_destroyed_with_all_that_is_in_it(configured: Synthesised) -> None:
    policies = {
        name: it["DeletionPolicy"] for name, it in configured.template["Resources"].items() if "DeletionPolicy" in it
    }
    assert set(policies.values()) == {"Delete"}
    kept = ("S3::Bucket", "DynamoDB::Table", "KMS::Key")
    assert {name for type_ in kept for name in configured.resources(type_)} <= set(policies)


def test_no_function_of_cdk_empties_the_bucket(configured: Synthesised) -> None:
    """It would have rights over every document: `make destroy` does it with those of the operator."""
    assert not [it for it in configured.template["Resources"].values() if it["Type"].startswith("Custom::")]


def test_dev_and_prod_have_names_of_their_own(stack: Synthesised, configured: Synthesised) -> None:
    for synthesised, name, stage in ((stack, "OcrChat", "prod"), (configured, "OcrChatDev", "dev")):
        namespaces = {
            it["Properties"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
            for it in synthesised.functions().values()
        }
        assert namespaces == {name}
        assert synthesised.only("ApiGateway::Stage")["StageName"] == stage


def test_by_default_nothing_of_it_is_there(stack: Synthesised) -> None:
    for type_ in ("KMS::Key", "WAFv2::WebACL", "ApiGateway::DomainName"):
        assert not stack.resources(type_)
    for bucket in stack.properties("S3::Bucket").values():
        assert "LoggingConfiguration" not in bucket


def test_with_a_key_everything_that_is_kept_is_under_it(configured: Synthesised) -> None:
    for bucket in configured.properties("S3::Bucket").values():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["BucketKeyEnabled"] is True
        assert flat(rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"]) == "Key"
    table = configured.only("DynamoDB::Table")["SSESpecification"]
    assert (table["SSEType"], flat(table["KMSMasterKeyId"])) == ("KMS", "Key")
    for queue in configured.properties("SQS::Queue").values():
        assert flat(queue["KmsMasterKeyId"]) == "Key"
    assert flat(configured.only("SNS::Topic")["KmsMasterKeyId"]) == "Key"
    assert configured.only("KMS::Key")["EnableKeyRotation"] is True


def test_who_reads_and_writes_may_use_the_key_and_nothing_else_of_kms(configured: Synthesised) -> None:
    roles = [it["Properties"]["Role"] for it in configured.functions().values()]
    for role in (*roles, configured.only("StepFunctions::StateMachine")["RoleArn"]):
        assert {grant for grant in configured.grants(role) if grant.startswith("kms:")} == KEY_USE


def test_alarms_and_what_s3_says_may_be_sent_under_the_key(configured: Synthesised) -> None:
    services = {
        service: set(listed(statement["Action"]))
        for statement in configured.only("KMS::Key")["KeyPolicy"]["Statement"]
        for service in listed(statement["Principal"].get("Service", []))
    }
    send = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert services == {"cloudwatch.amazonaws.com": send, "s3.amazonaws.com": send}


def test_who_drops_files_may_use_the_key_for_them(configured: Synthesised) -> None:
    statements = configured.only("IAM::ManagedPolicy")["PolicyDocument"]["Statement"]
    (use,) = (it for it in statements if any(action.startswith("kms:") for action in listed(it["Action"])))
    assert (set(use["Action"]), flat(use["Resource"])) == ({"kms:Decrypt", "kms:GenerateDataKey"}, "Key")


def test_logs_are_kept_as_long_as_is_said(configured: Synthesised) -> None:
    assert {group["RetentionInDays"] for group in configured.properties("Logs::LogGroup").values()} == {7}


def test_reads_of_the_buckets_are_logged_where_the_operator_says(configured: Synthesised) -> None:
    logged = [bucket["LoggingConfiguration"] for bucket in configured.properties("S3::Bucket").values()]
    assert {it["DestinationBucketName"] for it in logged} == {"access-logs"}
    assert {it["LogFilePrefix"] for it in logged} == {"OcrChatDev/", "OcrChatDev-drop/"}


def test_functions_are_in_the_subnets_that_are_named(stack: Synthesised, configured: Synthesised) -> None:
    named = {"SubnetIds": ["subnet-0a1b2c3d", "subnet-4e5f6a7b"], "SecurityGroupIds": ["sg-0a1b2c3d"]}
    for entry, function in configured.functions().items():
        assert function["Properties"]["VpcConfig"] == named, entry
        assert "ec2:CreateNetworkInterface *" in configured.grants(function["Properties"]["Role"])
    assert not [entry for entry, function in stack.functions().items() if "VpcConfig" in function["Properties"]]


def test_the_web_acl_counts_addresses_and_keeps_no_samples(configured: Synthesised) -> None:
    """A sampled request shows its headers, and the token in them."""
    acl = configured.only("WAFv2::WebACL")
    assert {rule["Name"] for rule in acl["Rules"]} == {
        "rate",
        "AWSManagedRulesAmazonIpReputationList",
        "AWSManagedRulesKnownBadInputsRuleSet",
    }
    for it in (acl, *acl["Rules"]):
        assert it["VisibilityConfig"]["SampledRequestsEnabled"] is False
    association = configured.only("WAFv2::WebACLAssociation")
    assert flat(association["ResourceArn"]).endswith("/stages/ApiRestApiDeploymentStagedev")


def test_the_api_takes_as_many_requests_as_is_said(configured: Synthesised) -> None:
    (settings,) = configured.only("ApiGateway::Stage")["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (20, 40)


def test_with_a_domain_it_is_the_address_and_what_to_point_it_at_is_said(configured: Synthesised) -> None:
    domain = configured.only("ApiGateway::DomainName")
    assert (domain["DomainName"], domain["SecurityPolicy"]) == ("ocr.example.com", "TLS_1_2")
    mapping = configured.only("ApiGateway::BasePathMapping")
    assert "BasePath" not in mapping
    outputs = configured.template["Outputs"]
    assert outputs["ApiUrl"]["Value"] == "https://ocr.example.com/"
    assert flat(outputs["DomainTarget"]["Value"]) == "DomainName"
