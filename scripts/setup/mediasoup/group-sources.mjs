import { readFileSync } from 'node:fs';

/**
 * Sources to be compiled as one text each group: groups of about equal size, in which no two sources define a
 * file-local name alike. `files` are paths; they stay in order within a group.
 */
export function groupSources(files, count) {
  const groups = Array.from({ length: count }, newGroup);
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const names = localNames(text);
    let [group] = groups
      .filter((candidate) => !names.some((name) => candidate.names.has(name)))
      .sort((a, b) => a.size - b.size);
    if (group === undefined) {
      group = newGroup();
      groups.push(group);
    }
    group.files.push(file);
    group.size += text.length;
    for (const name of names) group.names.add(name);
  }
  // The longest first, so that no processor waits for it at the end.
  return groups
    .filter((group) => group.files.length > 0)
    .sort((a, b) => b.size - a.size)
    .map((group) => group.files);
}

const newGroup = () => ({ files: [], names: new Set(), size: 0 });

/** Names of the constants, variables, functions and enumerators that a C++ source keeps to itself. */
export function localNames(text) {
  const definition =
    /^\t?(?:enum \{ |(?:(?:inline|static|thread_local|constexpr|const) )+[\w:<>,*& ]*?(?<![:\w]))(\w+)\s*(?:\[[^\]]*\]\s*)?[({=;]/gm;
  return [...text.matchAll(definition)].map(([, name]) => name);
}
