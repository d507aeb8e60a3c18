/* Pages for people come before names of Python objects in the results of a search. */
var Scorer = {
  objNameMatch: 2,
  objPartialMatch: 1,
  objPrio: { 0: 0, 1: 0, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
