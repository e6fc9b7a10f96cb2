"""AWS services, one concrete class each: nothing else imports boto3. Tests put moto or an emulator under them."""
