/** What clients of the classic codec say. */
export const CLASSIC_EXAMPLES: readonly object[] = [
  { type: 'user_message', payload: { content: 'hello', thread_id: 'a-thread', message_id: 'm' } },
  { type: 'chat_message', payload: { content: 'hello', attachments: [{ file_id: 'a-file' }] } },
  { type: 'start_agent', payload: { user_request: 'hello', agent: 'assistant', model: null } },
  { type: 'stop_agent', payload: { run_id: 'a-run', thread_id: 'a-thread' } },
  { type: 'list_threads', payload: { limit: 10, offset: 0 } },
  { type: 'get_threads' },
  { type: 'get_thread_history', payload: { thread_id: 'a-thread', limit: 10, before: 'm' } },
  { type: 'create_thread', payload: { title: 'a title' } },
  { type: 'switch_thread', payload: { thread_id: 'a-thread', last_event_id: 'e:12' } },
  { type: 'rename_thread', payload: { thread_id: 'a-thread', title: 'another' } },
  { type: 'delete_thread', payload: { thread_id: 'a-thread' } },
  { type: 'ping', nonce: 'n' },
  { type: 'heartbeat', timestamp: 1 },
  { type: 'something_else', payload: { a: [1, 2, { b: null }] } },
]
