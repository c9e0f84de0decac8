/** What clients of the classic codec say. */
export const CLASSIC_EXAMPLES: readonly object[] = [
  { type: 'user_message', payload: { content: 'hello', thread_id: 'a-thread' } },
  { type: 'chat_message', payload: { content: 'hello' } },
  { type: 'start_agent', payload: { user_request: 'hello', thread_id: 'a-thread' } },
  { type: 'stop_agent', payload: { run_id: 'a-run' } },
  { type: 'ping' },
  { type: 'heartbeat', timestamp: 1 },
  { type: 'get_thread_history', payload: { thread_id: 'a-thread', limit: 10 } },
  { type: 'list_threads', payload: {} },
  { type: 'something_else', payload: { a: [1, 2, { b: null }] } },
]
