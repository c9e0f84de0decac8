/**
 * Users that expire. The triggers hold whatever the code above them does: a test user never becomes
 * an administrator and never gets a password or a provider, with which it could outlive its end.
 * A row stays until all that was its user's is erased, so that nobody takes the id over before.
 */
export const TEST_USER_TABLES = `
  CREATE TABLE test_user (
    user_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    erased_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX test_user_end ON test_user (expires_at);
  CREATE TRIGGER test_user_is_no_administrator BEFORE UPDATE OF role ON user
  WHEN ',' || NEW.role || ',' LIKE '%,admin,%'
    AND EXISTS (SELECT 1 FROM test_user WHERE user_id = NEW.id)
  BEGIN
    SELECT RAISE(ABORT, 'a test user cannot be an administrator');
  END;
  CREATE TRIGGER test_user_has_no_account BEFORE INSERT ON account
  WHEN EXISTS (SELECT 1 FROM test_user WHERE user_id = NEW.userId)
  BEGIN
    SELECT RAISE(ABORT, 'a test user has no password and no provider');
  END;
`
