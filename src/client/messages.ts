import { messageServices } from './services.ts'
import type { MessageApi, ServiceDefinition } from './types.ts'

/** Makes messages, by module: `messages.bank.send({ fromAddress, toAddress, amount })`. */
export type Messages = {
  readonly [M in keyof typeof messageServices]: MessageApi<(typeof messageServices)[M]>
}

/** Functions that make every message of the chain; they need no connection. */
export const messages = Object.fromEntries(
  Object.entries(messageServices).map(([module, service]) => [module, messageApi(service)]),
) as Messages

function messageApi<S extends ServiceDefinition>({ methods }: S): MessageApi<S> {
  const makers = Object.entries(methods).map(([name, { requestType }]) => [
    name,
    (value: never) => ({ typeUrl: `/${requestType.$type}`, value: requestType.fromPartial(value) }),
  ])
  return Object.fromEntries(makers)
}
