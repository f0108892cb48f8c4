#include "include/plan.h"
