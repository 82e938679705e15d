import os

from aws_cdk import App, Duration, Stack
from cdk_legacy_to_s3 import LandingTrigger, LegacyToS3Pipeline

app = App()
stack = Stack(app, "LegacyPython")

pipeline = LegacyToS3Pipeline(
    stack,
    "Ledger",
    alarm_email=os.environ.get("ALARM_EMAIL", "ledger-team@example.com"),
    trigger=LandingTrigger.s3_notification(prefix="landing/"),
    run_freshness=Duration.hours(26),
)

app.synth()
