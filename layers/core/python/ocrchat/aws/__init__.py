"""AWS services, one concrete class each: the only modules that import boto3. Tests put moto or an emulator under them."""
