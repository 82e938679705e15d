import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import { make, pipelineOf, sourceOf } from './made';
import { Authentication, ExtractionProps } from '../../../src';
import { vpcOf } from '../prop-case-sets';
import { failureOf, only, synth } from '../synth';

const isolated = (stack: Stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, subnetConfiguration: [{ name: 'Isolated', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }] });
const imported = (stack: Stack) => ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
  vpcId: 'vpc-1', availabilityZones: ['a'], isolatedSubnetIds: ['subnet-1'], isolatedSubnetRouteTableIds: ['routes-1'],
});
const synthIn = (vpcFor: (stack: Stack) => ec2.IVpc, props: (stack: Stack) => Partial<ExtractionProps> = () => ({})) => (
  synth((stack) => make(stack, { vpc: vpcFor(stack), ...props(stack) })));
const endpoints = (template: Template) => Object.values(template.findResources('AWS::EC2::VPCEndpoint'))
  .map(({ Properties }) => `${Properties.VpcEndpointType} ${JSON.stringify(Properties.ServiceName).replace(/^.*\.([a-z0-9]+)"?[^.]*$/, '$1')}`).sort();

describe('connections', () => {
  test('are of one group for both functions', () => {
    const { template } = synth((stack) => make(stack, { vpc: vpcOf(stack) }).connections.allowTo(ec2.SecurityGroup.fromSecurityGroupId(stack, 'Server', 'sg-server'), ec2.Port.tcp(1433)));
    expect(Object.keys(template.findResources('AWS::EC2::SecurityGroup'))).toEqual([expect.stringMatching(/^NightlySecurityGroup/)]);
    const groups = ['NightlyControl', 'NightlyWorker'].map((id) => only(template, 'AWS::Lambda::Function', id).Properties.VpcConfig.SecurityGroupIds);
    expect(groups[0]).toEqual(groups[1]);
    expect(only(template, 'AWS::EC2::SecurityGroupIngress').Properties).toMatchObject({ FromPort: 1433, GroupId: 'sg-server' });
  });

  test('are refused outside a VPC', () => {
    expect(failureOf((stack) => make(stack).connections)).toBe('Stack/Nightly: an extraction has connections only in a VPC: set vpc');
  });
});

describe('endpoints', () => {
  test('are those that are called, and let the functions in alone', () => {
    const { template } = synthIn(isolated, () => ({ vpcEndpoints: true }));
    expect(endpoints(template)).toEqual(['Gateway s3', 'Interface secretsmanager', 'Interface states']);
    const ingress = Object.values(template.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    expect(ingress).toHaveLength(2);
    for (const { FromPort, SourceSecurityGroupId } of ingress) {
      expect([FromPort, SourceSecurityGroupId]).toEqual([443, { 'Fn::GetAtt': [expect.stringMatching(/^NightlySecurityGroup/), 'GroupId'] }]);
    }
  });

  test('follow where the password is', () => {
    const { template } = synthIn(isolated, (stack) => ({
      vpcEndpoints: true,
      source: {
        ...sourceOf(stack), secret: undefined, passwordParameter: ssm.StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: '/p' }),
      },
    }));
    expect(endpoints(template)).toEqual(['Gateway s3', 'Interface ssm', 'Interface states']);
  });

  test('that are there already are not made again', () => {
    const { template } = synthIn((stack) => {
      const vpc = isolated(stack);
      vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
      vpc.addInterfaceEndpoint('Secrets', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
      return vpc;
    }, () => ({ vpcEndpoints: true }));
    expect(endpoints(template)).toEqual(['Gateway s3', 'Interface secretsmanager', 'Interface states']);
  });

  test('are shared by the extractions of a VPC', () => {
    const { template } = synth((stack) => {
      const vpc = isolated(stack);
      make(stack, { vpc, vpcEndpoints: true });
      const other = new Stack(stack.node.root, 'Other');
      make(other, { vpc, vpcEndpoints: true, pipeline: pipelineOf(other), extractionName: 'other' });
    });
    expect(endpoints(template)).toHaveLength(3);
  });

  test('of an imported VPC are made where it is told which routes it has', () => {
    expect(endpoints(synthIn(imported, () => ({ vpcEndpoints: true })).template)).toEqual(['Gateway s3', 'Interface secretsmanager', 'Interface states']);
  });
});

describe('a VPC without a way out', () => {
  const MISSING = /the isolated subnets of vpc have no endpoint of S3, Step Functions, Secrets Manager: set vpcEndpoints, make them, or choose subnets with a NAT gateway/;
  const problemOf = (...given: Parameters<typeof synthIn>) => {
    try {
      synthIn(...given);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  test('is refused, by the endpoints that it lacks', () => {
    expect(problemOf(isolated)).toMatch(MISSING);
    expect(problemOf((stack) => {
      const vpc = isolated(stack);
      vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
      return vpc;
    })).toMatch(/no endpoint of Step Functions, Secrets Manager: /);
  });

  test('is not, when they are made after the extraction', () => {
    synth((stack) => {
      const vpc = isolated(stack);
      make(stack, { vpc });
      vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
      vpc.addInterfaceEndpoint('Secrets', { service: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER });
      vpc.addInterfaceEndpoint('States', { service: ec2.InterfaceVpcEndpointAwsService.STEP_FUNCTIONS });
    });
  });

  test('is not, when its subnets have a default route, to a transit gateway for example', () => {
    synthIn((stack) => {
      const vpc = isolated(stack);
      for (const [at, { routeTable }] of vpc.isolatedSubnets.entries()) {
        new ec2.CfnRoute(stack, `Route${at}`, { routeTableId: routeTable.routeTableId, destinationCidrBlock: '0.0.0.0/0', transitGatewayId: 'tgw-1' });
      }
      return vpc;
    });
  });

  test('is not, when requests take a proxy', () => {
    synthIn(isolated, () => ({ proxyUrl: 'http://proxy:8080' }));
  });

  test('but has subnets with one, is not', () => {
    synthIn((stack) => new ec2.Vpc(stack, 'Vpc', { maxAzs: 2 }));
  });

  test('is warned of, when it is imported, since its endpoints are not known', () => {
    const stack = new Stack(new App(), 'Stack');
    make(stack, { vpc: imported(stack) });
    Annotations.fromStack(stack).hasWarning('/Stack/Nightly', Match.stringLikeRegexp('the functions need those of S3, Step Functions, Secrets Manager; set vpcEndpoints'));
  });

  test.each([['of this app', isolated], ['imported', imported]])('is refused with Microsoft Entra, %s', (_name, vpcFor) => {
    expect(problemOf(vpcFor, (stack) => ({
      vpcEndpoints: true,
      source: { ...sourceOf(stack), authentication: Authentication.ENTRA_SERVICE_PRINCIPAL, tenantId: 't', clientId: 'c' },
      layers: [lambda.LayerVersion.fromLayerVersionArn(stack, 'Layer', 'arn:aws:lambda:eu-west-1:111111111111:layer:azure:1')],
    }))).toMatch(/source\.authentication entraServicePrincipal asks login\.microsoftonline\.com, which the isolated subnets of vpc do not reach/);
  });
});
