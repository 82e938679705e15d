import io.github.cdklegacytos3.AlarmKind;
import io.github.cdklegacytos3.AlarmOverride;
import io.github.cdklegacytos3.GrantLandOptions;
import io.github.cdklegacytos3.LandingTrigger;
import io.github.cdklegacytos3.LandingTriggerOptions;
import io.github.cdklegacytos3.LegacyToS3Pipeline;
import java.util.List;
import java.util.Map;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.cloudwatch.SingleValueWidget;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.kms.Key;

/** The app of app.ts, in Java. Usage: Migration OUTDIR */
public final class Migration {
  public static void main(final String[] args) {
    final App app = new App(AppProps.builder().outdir(args[0]).analyticsReporting(false).build());
    final Stack stack = new Stack(app, "Migration");
    LegacyToS3Pipeline.Builder.create(stack, "Ledger").alarmEmail("operator@example.com").build();

    final LegacyToS3Pipeline payroll = LegacyToS3Pipeline.Builder.create(stack, "Payroll")
        .trigger(LandingTrigger.eventBridge(LandingTriggerOptions.builder().prefix("payroll/").suffixes(List.of(".parquet")).build()))
        .encryptionKey(new Key(stack, "Key"))
        .memorySize(1024)
        .environment(Map.of("TEAM", "payroll"))
        .removalPolicy(RemovalPolicy.DESTROY)
        .runFreshness(Duration.hours(26))
        .alarmEmail("operator@example.com")
        .alarmOverrides(Map.of(
            AlarmKind.RECORD_LATENCY_HIGH, AlarmOverride.builder().threshold(5000).build(),
            AlarmKind.LOG_ERROR_KEYWORD, AlarmOverride.builder().enabled(false).build()))
        .build();
    final Role extractor = Role.Builder.create(stack, "Extractor").assumedBy(new ServicePrincipal("ecs-tasks.amazonaws.com")).build();
    payroll.grantLand(extractor, GrantLandOptions.builder().deleteLanded(false).build());
    payroll.getDashboard().addWidgets(SingleValueWidget.Builder.create().title("Rows").metrics(List.of(payroll.metricRowsLanded())).build());
    app.synth();
  }
}
