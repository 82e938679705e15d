"""The app of app.ts, in Python. Usage: app.py OUTDIR"""
import sys

from aws_cdk import App, Duration, RemovalPolicy, Stack, aws_cloudwatch as cloudwatch, aws_iam as iam, aws_kms as kms
from cdk_legacy_to_s3 import AlarmKind, AlarmOverride, LandingTrigger, LegacyToS3Pipeline

app = App(outdir=sys.argv[1], analytics_reporting=False)
stack = Stack(app, "Migration")
LegacyToS3Pipeline(stack, "Ledger", alarm_email="operator@example.com")

payroll = LegacyToS3Pipeline(
    stack,
    "Payroll",
    trigger=LandingTrigger.event_bridge(prefix="payroll/", suffixes=[".parquet"]),
    encryption_key=kms.Key(stack, "Key"),
    memory_size=1024,
    environment={"TEAM": "payroll"},
    removal_policy=RemovalPolicy.DESTROY,
    run_freshness=Duration.hours(26),
    alarm_email="operator@example.com",
    alarm_overrides={
        AlarmKind.RECORD_LATENCY_HIGH: AlarmOverride(threshold=5000),
        AlarmKind.LOG_ERROR_KEYWORD: AlarmOverride(enabled=False),
    },
)
extractor = iam.Role(stack, "Extractor", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
payroll.grant_land(extractor, delete_landed=False)
payroll.dashboard.add_widgets(cloudwatch.SingleValueWidget(title="Rows", metrics=[payroll.metric_rows_landed()]))
app.synth()
