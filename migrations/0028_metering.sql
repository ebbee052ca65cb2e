-- Where the versions of one thing used did not all tell the same: when each part of what stands was told last, and up to
-- when nothing counts any more. Null while the record that stands is what one version told.
alter table metering.identities add column told json;
