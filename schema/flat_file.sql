-- Day files of a provider that jobs have read.
CREATE TABLE candled.flat_file (
  job      text        NOT NULL,
  file     text        NOT NULL,
  version  text        NOT NULL CHECK (version <> ''),
  begun_at timestamptz NOT NULL DEFAULT now(),
  read_at  timestamptz,
  PRIMARY KEY (job, file)
);
COMMENT ON TABLE  candled.flat_file          IS 'One row for each day file from which a job has taken bars: a file that is another now was published again, and is read again.';
COMMENT ON COLUMN candled.flat_file.job      IS 'name of the job in the configuration';
COMMENT ON COLUMN candled.flat_file.file     IS 'path of the file below the provider''s root';
COMMENT ON COLUMN candled.flat_file.version  IS 'as it was read: the file''s size, time of change, checksum and length; of a bucket the ETag';
COMMENT ON COLUMN candled.flat_file.begun_at IS 'when it was first opened, UTC';
COMMENT ON COLUMN candled.flat_file.read_at  IS 'when all that was wanted of it was last committed, UTC; NULL: it was opened, and a stop or a kill came before the end: what is covered says what is there';
