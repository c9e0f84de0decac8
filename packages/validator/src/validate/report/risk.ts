import type { Group } from '../check.ts'

/** What it means for people when a check of the group does not pass. */
export const RISKS: Record<Group, string> = {
  network: 'People cannot reach the server, or are warned of it by their browser.',
  addresses: 'The web app asks an address that does not answer: it loads and does nothing.',
  health: 'Whoever watches the server is told something else than is so.',
  accounts: 'People cannot sign in, are signed out by surprise, or stay signed in where they left.',
  agents: 'People cannot choose, start or stop agents.',
  threads: 'Conversations are lost, mixed up, or cannot be found again.',
  conversation: 'People ask, and do not see what the agent does or answers.',
  classic: 'Clients of the older protocol do not work.',
  resume: 'After a short loss of the network something is missing, or comes twice.',
  crowd: 'With many people at once it breaks, or shows somebody what is another’s.',
  stream: 'Answers come late and all at once instead of word by word, or connections die.',
  cancel: 'What was started cannot be stopped, and goes on costing.',
  breaker: 'When a model fails everybody waits for it, instead of being told at once.',
  errors: 'When something fails, people and programs are not told what to do.',
  limits: 'One caller can use up what is everybody’s, or is locked out without being told.',
  security: 'Strangers can read, change or take over what is not theirs.',
}
