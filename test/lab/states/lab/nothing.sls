# Salt's own floor: a run with nothing to do.
lab-nothing:
  test.nop
