/** What a nice-grpc middleware yields and returns: streamed responses are yielded, a single one is returned. */
// biome-ignore lint/suspicious/noConfusingVoidType: nice-grpc's own type of a streaming call's return value
export type MiddlewareResponses<Response> = AsyncGenerator<Response, Response | void, undefined>;
