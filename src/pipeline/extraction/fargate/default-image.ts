/**
 * Lambda's base image, which has Node.js and the SDK, for both processors (Lambda, "Deploy Node.js Lambda functions with container images").
 * By its tag: AWS goes on to mend what the tag names, as it does for functions, and a digest would keep what is known to be broken.
 */
export const DEFAULT_IMAGE = 'public.ecr.aws/lambda/nodejs:24';
