export interface Provider {
  id: string
  label: string
  needsKey: boolean
  keyHint?: string
  /** Where it usually answers. */
  address?: string
  /** Any server that speaks the OpenAI API. */
  isOther?: boolean
}

export const PROVIDERS: readonly Provider[] = [
  { id: 'openai', label: 'OpenAI', needsKey: true, keyHint: 'From platform.openai.com, API keys.' },
  {
    id: 'anthropic',
    label: 'Anthropic',
    needsKey: true,
    keyHint: 'From console.anthropic.com, API keys.',
  },
  { id: 'google', label: 'Google', needsKey: true, keyHint: 'From aistudio.google.com, API keys.' },
  { id: 'ollama', label: 'Ollama', needsKey: false, address: 'http://127.0.0.1:11434/v1' },
  { id: 'lmstudio', label: 'LM Studio', needsKey: false, address: 'http://127.0.0.1:1234/v1' },
  { id: 'other', label: 'OpenAI-compatible', needsKey: false, isOther: true },
]

export const labelOf = (provider: string): string =>
  PROVIDERS.find((item) => item.id === provider)?.label ?? provider
