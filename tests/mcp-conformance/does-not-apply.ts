/**
 * Scenarios, or single checks of one (`scenario: check`), that do not apply to Netra, each with the
 * reason. The test fails for one that is listed and passes, and for one that fails and is not listed.
 */
const OWN_TOOLS =
  'asks for tools that only the suite’s own example server has; Netra’s tools are agents and threads'
const OWN_RESOURCES = 'asks for resources of the suite’s example server; Netra’s are threads'
const NO_PROMPTS = 'Netra offers no prompts, and does not say that it does'
const NO_QUESTIONS =
  'asks for a tool that asks the client; a question of an agent is answered by the person, in Netra'
const NO_LOGGING = 'Netra sends no log messages to clients, and does not say that it does'
const NO_SUBSCRIPTIONS = 'threads are listed and read; Netra does not say that it tells of changes'
const NO_COMPLETION = 'completion is for prompts and templates; Netra does not say that it has it'
const NO_TASKS = 'the extension "tasks" is not offered: a run is waited for with wait_for_run'

export const SERVER: Readonly<Record<string, string>> = {
  'tools-call-simple-text': OWN_TOOLS,
  'tools-call-image': OWN_TOOLS,
  'tools-call-audio': OWN_TOOLS,
  'tools-call-embedded-resource': OWN_TOOLS,
  'tools-call-mixed-content': OWN_TOOLS,
  'tools-call-error': OWN_TOOLS,
  'tools-call-with-progress': OWN_TOOLS,
  'json-schema-2020-12': OWN_TOOLS,
  'http-custom-header-server-validation': OWN_TOOLS,
  'server-stateless: sep-2575-server-rejects-undeclared-capability': OWN_TOOLS,
  'server-stateless: sep-2575-missing-capability-http-400': OWN_TOOLS,
  'server-stateless: sep-2575-http-server-no-independent-requests-on-stream': OWN_TOOLS,
  'server-stateless: sep-2575-server-no-log-without-loglevel': OWN_TOOLS,
  'resources-read-text': OWN_RESOURCES,
  'resources-read-binary': OWN_RESOURCES,
  'resources-templates-read': OWN_RESOURCES,
  'prompts-list': NO_PROMPTS,
  'prompts-get-simple': NO_PROMPTS,
  'prompts-get-with-args': NO_PROMPTS,
  'prompts-get-embedded-resource': NO_PROMPTS,
  'prompts-get-with-image': NO_PROMPTS,
  'caching: sep-2549-prompts-list-caching-hints': NO_PROMPTS,
  'input-required-result-non-tool-request': NO_PROMPTS,
  'tools-call-sampling': NO_QUESTIONS,
  'tools-call-elicitation': NO_QUESTIONS,
  'elicitation-sep1034-defaults': NO_QUESTIONS,
  'elicitation-sep1330-enums': NO_QUESTIONS,
  'input-required-result-basic-elicitation': NO_QUESTIONS,
  'input-required-result-basic-sampling': NO_QUESTIONS,
  'input-required-result-basic-list-roots': NO_QUESTIONS,
  'input-required-result-request-state': NO_QUESTIONS,
  'input-required-result-multiple-input-requests': NO_QUESTIONS,
  'input-required-result-multi-round': NO_QUESTIONS,
  'input-required-result-result-type': NO_QUESTIONS,
  'input-required-result-tampered-state': NO_QUESTIONS,
  'input-required-result-capability-check': NO_QUESTIONS,
  'logging-set-level': NO_LOGGING,
  'tools-call-with-logging': NO_LOGGING,
  'resources-subscribe': NO_SUBSCRIPTIONS,
  'resources-unsubscribe': NO_SUBSCRIPTIONS,
  'completion-complete': NO_COMPLETION,
  'tasks-lifecycle': NO_TASKS,
  'tasks-capability-negotiation': NO_TASKS,
  'tasks-wire-fields': NO_TASKS,
  'tasks-request-state-removal': NO_TASKS,
  'tasks-mrtr-input': NO_TASKS,
  'tasks-request-headers': NO_TASKS,
  'tasks-dispatch-and-envelope': NO_TASKS,
  'tasks-required-task-error': NO_TASKS,
  'tasks-mrtr-composition': NO_TASKS,
}

const NO_MACHINES =
  'an extension by which programs sign in as themselves; Netra signs in for people, who agree'
const NO_DPOP = 'an extension that binds tokens to a key; Netra shows bearer tokens'

export const CLIENT: Readonly<Record<string, string>> = {
  'auth/client-credentials-jwt': NO_MACHINES,
  'auth/client-credentials-basic': NO_MACHINES,
  'auth/enterprise-managed-authorization': NO_MACHINES,
  'auth/wif-jwt-bearer': NO_MACHINES,
  'auth/dpop': NO_DPOP,
  'auth/dpop-nonce': NO_DPOP,
}
