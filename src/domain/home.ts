/** Where everything is kept unless somebody says otherwise. */
export const defaultHome = "/opt/familytraffic";
